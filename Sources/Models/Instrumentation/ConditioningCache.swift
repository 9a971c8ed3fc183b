import Tensor

/// Values that depend only on the text embedding (keys and values of cross-attention), kept from one step to the
/// next for as long as the text is the same tensors and nobody has written into them. Nothing that requires a gradient is
/// kept: it would belong to an earlier tape.
public final class ConditioningCache {
  private var text: [TensorIdentity] = []
  private var values: [String: Tensor] = [:]

  public init() {}

  /// To be called at the start of each pass through a model: forgets everything if the text has changed.
  func use(_ text: TextConditioning) {
    let identities = text.parts.map(\.identity)
    guard identities != self.text else { return }
    self.text = identities
    values = [:]
  }

  /// The value that was made at `site` from the embedding in use, made now if there is none.
  func value(_ site: String, make: () throws -> Tensor) rethrows -> Tensor {
    if let value = values[site] { return value }
    let value = try make()
    if !value.requiresGradient { values[site] = value }
    return value
  }
}
