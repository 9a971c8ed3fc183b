import Tensor

extension Tensor {
  /// An activation by itself, where no layer is at hand to fuse it with.
  func applying(_ activation: Activation) throws -> Tensor {
    switch activation {
    case .identity: self
    case .relu: try relu()
    case .silu: try silu()
    case .gelu: try gelu()
    case .geluTanh: try geluTanh()
    case .quickGelu: try quickGelu()
    }
  }
}
