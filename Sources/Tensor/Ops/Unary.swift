/// Functions of one element. Each returns new storage; the trailing underscore writes in place.
extension Tensor {
  public func exp() throws -> Tensor { try unary(.exp, fromResult: { try $0.multiplying($1) }) }
  public func log() throws -> Tensor { try unary(.log, fromInput: { try $0.dividing($1) }) }
  public func sqrt() throws -> Tensor {
    try unary(.sqrt, fromResult: { try $0.dividing($1).multiplying(0.5) })
  }
  public func abs() throws -> Tensor { try unary(.abs, fromInput: { try $0.multiplying($1.sign()) }) }
  public func negated() throws -> Tensor { try unary(.negate).recorded(from: self) { try $0.negated() } }
  public func sin() throws -> Tensor { try unary(.sin, fromInput: { try $0.multiplying($1.cos()) }) }
  public func cos() throws -> Tensor {
    try unary(.cos, fromInput: { try $0.multiplying($1.sin()).negated() })
  }
  public func erf() throws -> Tensor {
    // 2/√π · exp(-x²)
    try unary(
      .erf,
      fromInput: {
        try $0.multiplying($1.square().negated().exp()).multiplying(1.128_379_167)
      })
  }
  public func floor() throws -> Tensor { try unary(.floor) }
  public func ceil() throws -> Tensor { try unary(.ceil) }
  /// To the nearest integer, halves to the even one.
  public func round() throws -> Tensor { try unary(.round) }
  /// -1, 0 or 1.
  public func sign() throws -> Tensor { try unary(.sign) }
  public func reciprocal() throws -> Tensor {
    try unary(.reciprocal, fromResult: { try $0.multiplying($1.square()).negated() })
  }
  public func square() throws -> Tensor {
    try unary(.square, fromInput: { try $0.multiplying($1).multiplying(2) })
  }
  public func tanh() throws -> Tensor {
    try unary(.tanh, fromResult: { try $0.multiplying($1.square().subtracted(from: 1)) })
  }
  public func sigmoid() throws -> Tensor {
    try unary(.sigmoid, fromResult: { try $0.multiplying($1).multiplying($1.subtracted(from: 1)) })
  }
  public func relu() throws -> Tensor {
    try unary(.relu, fromInput: { try $1.activationGradient(.relu, $0) })
  }
  /// x · sigmoid(x)
  public func silu() throws -> Tensor {
    try unary(.silu, fromInput: { try $1.activationGradient(.silu, $0) })
  }
  /// x · Φ(x), by the error function (Hendrycks and Gimpel 2016, arXiv:1606.08415).
  public func gelu() throws -> Tensor {
    try unary(.gelu, fromInput: { try $1.activationGradient(.gelu, $0) })
  }
  /// The same paper's approximation by tanh.
  public func geluTanh() throws -> Tensor {
    try unary(.geluTanh, fromInput: { try $1.activationGradient(.geluTanh, $0) })
  }
  /// The same paper's approximation x · sigmoid(1.702 x), which CLIP was trained with.
  public func quickGelu() throws -> Tensor {
    try unary(.quickGelu, fromInput: { try $1.activationGradient(.quickGelu, $0) })
  }

  /// Between `minimum` and `maximum`, each if given; NaN stays. The gradient passes between them
  /// and is 0 at them, as in PyTorch 2.15 (to 2.13 it passed at them).
  public func clamped(min minimum: Float? = nil, max maximum: Float? = nil) throws -> Tensor {
    let result = try detached.clone()
    try result.clamp_(min: minimum, max: maximum)
    let x = kept
    return result.recorded(from: self) { gradient in
      var inside = gradient
      if let minimum { inside = try x().greater(than: minimum).nonzero(inside) }
      if let maximum { inside = try x().less(than: maximum).nonzero(inside) }
      return inside
    }
  }

  /// Without a rule: functions whose gradient is 0 wherever there is one.
  func unary(_ op: UnaryOperation) throws -> Tensor {
    let result = try Tensor.uninitialized(shape)
    Compute.backend.apply(op, self, to: result)
    return result
  }

  /// With the rule from the result's gradient and x to the gradient of x.
  private func unary(
    _ op: UnaryOperation, fromInput rule: @escaping (_ gradient: Tensor, _ x: Tensor) throws -> Tensor
  ) throws -> Tensor {
    let x = kept
    return try unary(op).recorded(from: self) { try rule($0, x()) }
  }

  /// With the rule from the result's gradient and the result to the gradient of x.
  private func unary(
    _ op: UnaryOperation, fromResult rule: @escaping (_ gradient: Tensor, _ y: Tensor) throws -> Tensor
  ) throws -> Tensor {
    let result = try unary(op)
    let y = result.kept
    return result.recorded(from: self) { try rule($0, y()) }
  }
}
