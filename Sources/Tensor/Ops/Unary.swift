import CKernels

/// Functions of one element. Each returns new storage; the trailing underscore writes in place.
extension Tensor {
  public func exp() throws -> Tensor { try unary(CK_EXP) }
  public func log() throws -> Tensor { try unary(CK_LOG) }
  public func sqrt() throws -> Tensor { try unary(CK_SQRT) }
  public func abs() throws -> Tensor { try unary(CK_ABS) }
  public func negated() throws -> Tensor { try unary(CK_NEGATE) }
  public func sin() throws -> Tensor { try unary(CK_SIN) }
  public func cos() throws -> Tensor { try unary(CK_COS) }
  public func erf() throws -> Tensor { try unary(CK_ERF) }
  public func floor() throws -> Tensor { try unary(CK_FLOOR) }
  public func ceil() throws -> Tensor { try unary(CK_CEIL) }
  /// To the nearest integer, halves to the even one.
  public func round() throws -> Tensor { try unary(CK_ROUND) }
  /// -1, 0 or 1.
  public func sign() throws -> Tensor { try unary(CK_SIGN) }
  public func reciprocal() throws -> Tensor { try unary(CK_RECIPROCAL) }
  public func square() throws -> Tensor { try unary(CK_SQUARE) }
  public func tanh() throws -> Tensor { try unary(CK_TANH) }
  public func sigmoid() throws -> Tensor { try unary(CK_SIGMOID) }
  public func relu() throws -> Tensor { try unary(CK_RELU) }
  /// x · sigmoid(x)
  public func silu() throws -> Tensor { try unary(CK_SILU) }
  /// x · Φ(x), by the error function (Hendrycks and Gimpel 2016, arXiv:1606.08415).
  public func gelu() throws -> Tensor { try unary(CK_GELU) }
  /// The same paper's approximation by tanh.
  public func geluTanh() throws -> Tensor { try unary(CK_GELU_TANH) }
  /// The same paper's approximation x · sigmoid(1.702 x), which CLIP was trained with.
  public func quickGelu() throws -> Tensor { try unary(CK_QUICK_GELU) }

  /// Between `minimum` and `maximum`, each if given; NaN stays.
  public func clamped(min minimum: Float? = nil, max maximum: Float? = nil) throws -> Tensor {
    let result = try clone()
    try result.clamp_(min: minimum, max: maximum)
    return result
  }

  func unary(_ op: ck_unary_op) throws -> Tensor {
    let result = try Tensor.uninitialized(shape)
    ck_unary(op, Int32(rank), shape, result.base, result.strides, base, strides)
    return result
  }
}
