import Tensor

extension Configuration {
  /// An activation function by the name that configs give it.
  func activation(_ key: String, default fallback: String) throws -> Activation {
    let name = try string(key, default: fallback)
    switch name {
    case "silu", "swish": return .silu
    case "gelu": return .gelu
    case "quick_gelu": return .quickGelu
    case "gelu_new", "gelu_pytorch_tanh": return .geluTanh
    case "relu": return .relu
    default: throw PipelineError("\(path): unknown activation \(key) = \"\(name)\"")
    }
  }
}
