import CKernels

/// The operations that write over their first operand, named with a trailing underscore as in PyTorch. Views of the
/// same storage see the change. A view that repeats elements is refused; operands that overlap are copied first.
// swift-format-ignore: AlwaysUseLowerCamelCase
extension Tensor {
  @discardableResult public func add_(_ other: Tensor) throws -> Tensor { try binary_(CK_ADD, other) }
  @discardableResult public func sub_(_ other: Tensor) throws -> Tensor { try binary_(CK_SUBTRACT, other) }
  @discardableResult public func mul_(_ other: Tensor) throws -> Tensor { try binary_(CK_MULTIPLY, other) }
  @discardableResult public func div_(_ other: Tensor) throws -> Tensor { try binary_(CK_DIVIDE, other) }
  @discardableResult public func pow_(_ other: Tensor) throws -> Tensor { try binary_(CK_POWER, other) }
  @discardableResult public func add_(_ value: Float) throws -> Tensor { try binary_(CK_ADD, value) }
  @discardableResult public func sub_(_ value: Float) throws -> Tensor { try binary_(CK_SUBTRACT, value) }
  @discardableResult public func mul_(_ value: Float) throws -> Tensor { try binary_(CK_MULTIPLY, value) }
  @discardableResult public func div_(_ value: Float) throws -> Tensor { try binary_(CK_DIVIDE, value) }
  @discardableResult public func pow_(_ value: Float) throws -> Tensor { try binary_(CK_POWER, value) }

  @discardableResult
  public func fill_(_ value: Float) throws -> Tensor {
    try willWrite()
    withUnsafePointer(to: value) {
      ck_copy(Int32(rank), shape, base, strides, $0, [Int](repeating: 0, count: rank))
    }
    return self
  }

  @discardableResult
  public func clamp_(min minimum: Float? = nil, max maximum: Float? = nil) throws -> Tensor {
    if let minimum, let maximum, minimum > maximum {
      throw TensorError("clamp needs a minimum below its maximum, got \(minimum) and \(maximum)")
    }
    if let minimum { try binary_(CK_MAXIMUM, minimum) }
    if let maximum { try binary_(CK_MINIMUM, maximum) }
    return self
  }

  @discardableResult public func exp_() throws -> Tensor { try unary_(CK_EXP) }
  @discardableResult public func log_() throws -> Tensor { try unary_(CK_LOG) }
  @discardableResult public func sqrt_() throws -> Tensor { try unary_(CK_SQRT) }
  @discardableResult public func abs_() throws -> Tensor { try unary_(CK_ABS) }
  @discardableResult public func negate_() throws -> Tensor { try unary_(CK_NEGATE) }
  @discardableResult public func relu_() throws -> Tensor { try unary_(CK_RELU) }
  @discardableResult public func silu_() throws -> Tensor { try unary_(CK_SILU) }
}

// swift-format-ignore: AlwaysUseLowerCamelCase
extension Tensor {
  @discardableResult
  func binary_(_ op: ck_binary_op, _ other: Tensor) throws -> Tensor {
    guard let otherStrides = Shape.expandedStrides(other.shape, other.strides, to: shape) else {
      throw TensorError(
        "shapes \(Shape.text(shape)) and \(Shape.text(other.shape)) do not go together in place")
    }
    try willWrite(other)
    if overlaps(other) && !(otherStrides == strides && other.offset == offset) {
      return try binary_(op, other.clone())
    }
    ck_binary(op, Int32(rank), shape, base, strides, base, strides, other.base, otherStrides)
    return self
  }

  @discardableResult
  func binary_(_ op: ck_binary_op, _ value: Float) throws -> Tensor {
    try willWrite()
    write(op, self, value)
    return self
  }

  @discardableResult
  func unary_(_ op: ck_unary_op) throws -> Tensor {
    try willWrite()
    ck_unary(op, Int32(rank), shape, base, strides, base, strides)
    return self
  }
}
