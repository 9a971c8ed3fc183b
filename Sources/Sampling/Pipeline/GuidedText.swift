import Models
import Tensor

/// Both halves of guidance over a run, and the rows that the model sees of them: laid one after the other once, and again
/// only where they change.
final class GuidedText {
  var conditional: Conditioning
  /// nil without guidance.
  var unconditional: Conditioning?

  private var known: [Range<Int>: (parts: [TensorIdentity], rows: TextConditioning)] = [:]

  init(_ conditional: Conditioning, _ unconditional: Conditioning?) {
    self.conditional = conditional
    self.unconditional = unconditional
  }

  /// The rows of some pictures, the unconditional ones first, as in diffusers.
  ///
  /// - Parameter isOnTape: whether a gradient is wanted with respect to what they depend on
  func rows(step: Int, samples: Range<Int>, isOnTape: Bool) throws -> TextConditioning {
    let halves = try [unconditional, conditional].compactMap { half in
      try half.map { try (isOnTape ? $0 : $0.detached).rows(step: step, samples: samples) }
    }
    if halves.contains(where: \.requiresGradient) { return try joined(halves) }
    let parts = halves.flatMap { $0.parts.map(\.identity) }
    if let known = known[samples], known.parts == parts { return known.rows }
    let rows = try joined(halves)
    known[samples] = (parts, rows)
    return rows
  }

  private func joined(_ halves: [TextConditioning]) throws -> TextConditioning {
    guard halves.count == 2 else { return try halves[0].map { try $0.contiguous() } }
    let lengths = halves.map { $0.tokens.shape[1] }
    guard lengths[0] == lengths[1] else {
      throw PipelineError(
        "\(conditional.setting) has \(lengths[1]) tokens and \(unconditional?.setting ?? .unconditional) \(lengths[0]): "
          + "\(.guidance) needs equally many")
    }
    return try .concatenated(halves)
  }
}
