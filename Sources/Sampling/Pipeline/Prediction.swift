import Models
import Tensor

extension Pipeline {
  /// At most so many latent positions pass through the UNet at once: larger batches are cut, so that memory does
  /// not grow with the number of pictures. 16 rows at 64 × 64.
  private static let positionsPerCall = 1 << 16

  /// The model's guided output for a batch, {pictures, C, h, w}.
  ///
  /// Each call of the UNet sees the unconditional rows first, then the conditional ones, as in diffusers.
  ///
  /// - Parameters:
  ///   - condition: what the model sees beside the sample, {pictures, conditionChannels, h, w}
  ///   - unconditional: nil to do without guidance.
  func predict(
    _ latents: Tensor, condition: Tensor? = nil, timestep: Double, conditional: Conditioning,
    unconditional: Conditioning?,
    guidance: Guidance, context: RunContext
  ) throws -> Tensor {
    let count = latents.shape[0]
    let positions = latents.shape[2] * latents.shape[3] * (unconditional == nil ? 1 : 2)
    let perCall = max(1, Self.positionsPerCall / positions)
    var parts: [Tensor] = []
    for start in stride(from: 0, to: count, by: perCall) {
      let samples = start..<min(start + perCall, count)
      let rows = try [latents, condition].compactMap {
        try $0?.narrowed(0, start: start, length: samples.count).permuted([0, 2, 3, 1])
      }
      let part = try rows.count == 1 ? rows[0].contiguous() : Tensor.concatenated(rows, dim: 3)
      let guided = try predict(
        part, samples: samples, timestep: timestep, conditional: conditional, unconditional: unconditional,
        guidance: guidance, context: context)
      parts.append(try guided.permuted([0, 3, 1, 2]).contiguous())
    }
    return parts.count == 1 ? parts[0] : try Tensor.concatenated(parts, dim: 0)
  }

  /// - Parameter part: the latents of `samples`, channels last.
  private func predict(
    _ part: Tensor, samples: Range<Int>, timestep: Double, conditional: Conditioning,
    unconditional: Conditioning?, guidance: Guidance, context: RunContext
  ) throws -> Tensor {
    let step = context.step ?? 1
    let text = try conditional.rows(step: step, samples: samples)
    let rows = samples.map { Row(sample: $0, isConditional: true) }
    guard let unconditional else {
      context.rows = rows
      return try checked(unet(part, timestep: timestep, embedding: text.contiguous(), context: context), part)
    }
    let other = try unconditional.rows(step: step, samples: samples)
    guard other.shape[1] == text.shape[1] else {
      throw PipelineError(
        "\(conditional.name) has \(text.shape[1]) tokens and \(unconditional.name) \(other.shape[1]): "
          + "guidance needs equally many")
    }
    context.rows = samples.map { Row(sample: $0, isConditional: false) } + rows
    let input = try Tensor.concatenated([part, part], dim: 0)
    let embedding = try Tensor.concatenated([other, text], dim: 0)
    let output = try checked(unet(input, timestep: timestep, embedding: embedding, context: context), input)
    let without = try output.narrowed(0, start: 0, length: samples.count)
    let with = try output.narrowed(0, start: samples.count, length: samples.count)
    return try guidance(with, without)
  }

  private func checked(_ output: Tensor, _ input: Tensor) throws -> Tensor {
    guard output.shape == Array(input.shape.dropLast()) + [unet.sampleChannels] else {
      throw PipelineError(
        "the UNet turned a sample of shape \(Shape.text(input.shape)) into \(Shape.text(output.shape)): "
          + "models that predict anything beside the noise are not supported yet")
    }
    return output
  }
}
