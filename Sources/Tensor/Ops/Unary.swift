import CKernels

/// Functions of one element. Each returns new storage; the trailing underscore writes in place.
extension Tensor {
  public func exp() throws -> Tensor { try unary(CK_EXP, fromResult: { try $0.multiplying($1) }) }
  public func log() throws -> Tensor { try unary(CK_LOG, fromInput: { try $0.dividing($1) }) }
  public func sqrt() throws -> Tensor {
    try unary(CK_SQRT, fromResult: { try $0.dividing($1).multiplying(0.5) })
  }
  public func abs() throws -> Tensor { try unary(CK_ABS, fromInput: { try $0.multiplying($1.sign()) }) }
  public func negated() throws -> Tensor { try unary(CK_NEGATE).recorded(from: self) { try $0.negated() } }
  public func sin() throws -> Tensor { try unary(CK_SIN, fromInput: { try $0.multiplying($1.cos()) }) }
  public func cos() throws -> Tensor {
    try unary(CK_COS, fromInput: { try $0.multiplying($1.sin()).negated() })
  }
  public func erf() throws -> Tensor {
    // 2/√π · exp(-x²)
    try unary(
      CK_ERF,
      fromInput: {
        try $0.multiplying($1.square().negated().exp()).multiplying(1.128_379_167)
      })
  }
  public func floor() throws -> Tensor { try unary(CK_FLOOR) }
  public func ceil() throws -> Tensor { try unary(CK_CEIL) }
  /// To the nearest integer, halves to the even one.
  public func round() throws -> Tensor { try unary(CK_ROUND) }
  /// -1, 0 or 1.
  public func sign() throws -> Tensor { try unary(CK_SIGN) }
  public func reciprocal() throws -> Tensor {
    try unary(CK_RECIPROCAL, fromResult: { try $0.multiplying($1.square()).negated() })
  }
  public func square() throws -> Tensor {
    try unary(CK_SQUARE, fromInput: { try $0.multiplying($1).multiplying(2) })
  }
  public func tanh() throws -> Tensor {
    try unary(CK_TANH, fromResult: { try $0.multiplying($1.square().subtracted(from: 1)) })
  }
  public func sigmoid() throws -> Tensor {
    try unary(CK_SIGMOID, fromResult: { try $0.multiplying($1).multiplying($1.subtracted(from: 1)) })
  }
  public func relu() throws -> Tensor {
    try unary(CK_RELU, fromInput: { try $1.activationGradient(.relu, $0) })
  }
  /// x · sigmoid(x)
  public func silu() throws -> Tensor {
    try unary(CK_SILU, fromInput: { try $1.activationGradient(.silu, $0) })
  }
  /// x · Φ(x), by the error function (Hendrycks and Gimpel 2016, arXiv:1606.08415).
  public func gelu() throws -> Tensor {
    try unary(CK_GELU, fromInput: { try $1.activationGradient(.gelu, $0) })
  }
  /// The same paper's approximation by tanh.
  public func geluTanh() throws -> Tensor {
    try unary(CK_GELU_TANH, fromInput: { try $1.activationGradient(.geluTanh, $0) })
  }
  /// The same paper's approximation x · sigmoid(1.702 x), which CLIP was trained with.
  public func quickGelu() throws -> Tensor {
    try unary(CK_QUICK_GELU, fromInput: { try $1.activationGradient(.quickGelu, $0) })
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
  func unary(_ op: ck_unary_op) throws -> Tensor {
    let result = try Tensor.uninitialized(shape)
    ck_unary(op, Int32(rank), shape, result.base, result.strides, base, strides)
    return result
  }

  /// With the rule from the result's gradient and x to the gradient of x.
  private func unary(
    _ op: ck_unary_op, fromInput rule: @escaping (_ gradient: Tensor, _ x: Tensor) throws -> Tensor
  ) throws -> Tensor {
    let x = kept
    return try unary(op).recorded(from: self) { try rule($0, x()) }
  }

  /// With the rule from the result's gradient and the result to the gradient of x.
  private func unary(
    _ op: ck_unary_op, fromResult rule: @escaping (_ gradient: Tensor, _ y: Tensor) throws -> Tensor
  ) throws -> Tensor {
    let result = try unary(op)
    let y = result.kept
    return result.recorded(from: self) { try rule($0, y()) }
  }
}
