import Tensor

/// What a noise predictor is told of texts: the tokens that cross-attention looks at, and whatever else a family has its
/// model know.
///
/// Where it belongs to a batch, the first dimension of every tensor counts its rows; for one text alone it is left out.
public struct TextConditioning {
  /// {rows, n, d}
  public var tokens: Tensor
  /// One vector for the whole text, {rows, p}; nil in families that have none.
  public var pooled: Tensor?
  /// {rows, n}: 1 for tokens that count and 0 for those that only fill up; nil where all count.
  public var mask: Tensor?
  /// What else the model takes beside the timestep, by name, {rows, …}: see `sizes`.
  public var extra: [String: Tensor]
  /// Which positions of `tokens` come from which text encoder, in families that lay several one after the other; empty
  /// where every position is of all encoders.
  public var spans: [String: Range<Int>]

  /// The name in `extra` of the numbers that say how large the picture is, {rows, count}.
  public static let sizes = "sizes"
  /// The name in `extra` of the weight of guidance, {rows, 1}, for models that are told of it.
  public static let guidance = "guidance"

  public init(
    tokens: Tensor, pooled: Tensor? = nil, mask: Tensor? = nil, extra: [String: Tensor] = [:],
    spans: [String: Range<Int>] = [:]
  ) {
    self.tokens = tokens
    self.pooled = pooled
    self.mask = mask
    self.extra = extra
    self.spans = spans
  }

  /// All tensors in a fixed order.
  public var parts: [Tensor] {
    [tokens] + [pooled, mask].compactMap(\.self) + extra.sorted { $0.key < $1.key }.map(\.value)
  }

  /// The same with other tensors, in the order of `parts`.
  public func with(_ parts: [Tensor]) -> TextConditioning {
    var copy = self
    var rest = parts[...]
    copy.tokens = rest.popFirst() ?? tokens
    if pooled != nil { copy.pooled = rest.popFirst() }
    if mask != nil { copy.mask = rest.popFirst() }
    for key in extra.keys.sorted() { copy.extra[key] = rest.popFirst() }
    return copy
  }

  /// Every tensor changed alike.
  public func map(_ change: (Tensor) throws -> Tensor) rethrows -> TextConditioning {
    with(try parts.map(change))
  }

  /// Some rows of a batch.
  public func rows(_ range: Range<Int>) throws -> TextConditioning {
    try map { try $0.narrowed(0, start: range.lowerBound, length: range.count) }
  }

  public var detached: TextConditioning { map(\.detached) }

  public var requiresGradient: Bool { parts.contains(where: \.requiresGradient) }

  /// Batches one after the other; all must have the same parts.
  public static func concatenated(_ batches: [TextConditioning]) throws -> TextConditioning {
    guard let first = batches.first, batches.count > 1 else { return batches[0] }
    let parts = batches.map(\.parts)
    return first.with(
      try first.parts.indices.map { index in try .concatenated(parts.map { $0[index] }, dim: 0) })
  }
}
