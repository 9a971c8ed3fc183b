/// The function that a fused operation applies last.
public enum Activation: Int32, Sendable, CaseIterable {
  // The raw values are those of the C kernels.
  case identity
  case relu
  /// x·σ(x)
  case silu
  /// x·Φ(x), with the error function
  case gelu
  /// GELU by tanh, as in GPT-2
  case geluTanh
  /// x·σ(1.702 x), as in OpenAI's CLIP
  case quickGelu
}
