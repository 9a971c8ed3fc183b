/// The operations that write over their first operand, named with a trailing underscore as in PyTorch. Views of the
/// same storage see the change. A view that repeats elements is refused; operands that overlap are copied first.
// swift-format-ignore: AlwaysUseLowerCamelCase
extension Tensor {
  @discardableResult public func add_(_ other: Tensor) throws -> Tensor { try binary_(.add, other) }
  @discardableResult public func sub_(_ other: Tensor) throws -> Tensor { try binary_(.subtract, other) }
  @discardableResult public func mul_(_ other: Tensor) throws -> Tensor { try binary_(.multiply, other) }
  @discardableResult public func div_(_ other: Tensor) throws -> Tensor { try binary_(.divide, other) }
  @discardableResult public func pow_(_ other: Tensor) throws -> Tensor { try binary_(.power, other) }
  @discardableResult public func add_(_ value: Float) throws -> Tensor { try binary_(.add, value) }
  @discardableResult public func sub_(_ value: Float) throws -> Tensor { try binary_(.subtract, value) }
  @discardableResult public func mul_(_ value: Float) throws -> Tensor { try binary_(.multiply, value) }
  @discardableResult public func div_(_ value: Float) throws -> Tensor { try binary_(.divide, value) }
  @discardableResult public func pow_(_ value: Float) throws -> Tensor { try binary_(.power, value) }

  @discardableResult
  public func fill_(_ value: Float) throws -> Tensor {
    try willWrite()
    Compute.backend.fill(self, with: value)
    return self
  }

  @discardableResult
  public func clamp_(min minimum: Float? = nil, max maximum: Float? = nil) throws -> Tensor {
    if let minimum, let maximum, minimum > maximum {
      throw TensorError("clamp needs a minimum below its maximum, got \(minimum) and \(maximum)")
    }
    if let minimum { try binary_(.maximum, minimum) }
    if let maximum { try binary_(.minimum, maximum) }
    return self
  }

  @discardableResult public func exp_() throws -> Tensor { try unary_(.exp) }
  @discardableResult public func log_() throws -> Tensor { try unary_(.log) }
  @discardableResult public func sqrt_() throws -> Tensor { try unary_(.sqrt) }
  @discardableResult public func abs_() throws -> Tensor { try unary_(.abs) }
  @discardableResult public func negate_() throws -> Tensor { try unary_(.negate) }
  @discardableResult public func relu_() throws -> Tensor { try unary_(.relu) }
  @discardableResult public func silu_() throws -> Tensor { try unary_(.silu) }
}

// swift-format-ignore: AlwaysUseLowerCamelCase
extension Tensor {
  @discardableResult
  func binary_(_ op: BinaryOperation, _ other: Tensor) throws -> Tensor {
    guard let otherStrides = Shape.expandedStrides(other.shape, other.strides, to: shape) else {
      throw TensorError(
        "shapes \(Shape.text(shape)) and \(Shape.text(other.shape)) do not go together in place")
    }
    try willWrite(other)
    if overlaps(other) && !(otherStrides == strides && other.offset == offset) {
      return try binary_(op, other.clone())
    }
    Compute.backend.apply(op, .tensor(self), .tensor(try other.detached.expanded(shape)), to: self)
    return self
  }

  @discardableResult
  func binary_(_ op: BinaryOperation, _ value: Float) throws -> Tensor {
    try willWrite()
    Compute.backend.apply(op, .tensor(self), .value(value), to: self)
    return self
  }

  @discardableResult
  func unary_(_ op: UnaryOperation) throws -> Tensor {
    try willWrite()
    Compute.backend.apply(op, self, to: self)
    return self
  }
}
