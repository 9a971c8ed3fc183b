import CKernels

/// Functions of two elements. Shapes go together by NumPy's rule: aligned at the back, sizes equal or 1.
extension Tensor {
  public func adding(_ other: Tensor) throws -> Tensor { try binary(CK_ADD, other) }
  public func subtracting(_ other: Tensor) throws -> Tensor { try binary(CK_SUBTRACT, other) }
  public func multiplying(_ other: Tensor) throws -> Tensor { try binary(CK_MULTIPLY, other) }
  public func dividing(_ other: Tensor) throws -> Tensor { try binary(CK_DIVIDE, other) }
  public func power(_ exponent: Tensor) throws -> Tensor { try binary(CK_POWER, exponent) }
  public func maximum(_ other: Tensor) throws -> Tensor { try binary(CK_MAXIMUM, other) }
  public func minimum(_ other: Tensor) throws -> Tensor { try binary(CK_MINIMUM, other) }

  public func adding(_ value: Float) throws -> Tensor { try binary(CK_ADD, value) }
  public func subtracting(_ value: Float) throws -> Tensor { try binary(CK_SUBTRACT, value) }
  public func multiplying(_ value: Float) throws -> Tensor { try binary(CK_MULTIPLY, value) }
  public func dividing(_ value: Float) throws -> Tensor { try binary(CK_DIVIDE, value) }
  public func maximum(_ value: Float) throws -> Tensor { try binary(CK_MAXIMUM, value) }
  public func minimum(_ value: Float) throws -> Tensor { try binary(CK_MINIMUM, value) }

  public func power(_ exponent: Float) throws -> Tensor {
    switch exponent {
    case 1: try clone()
    case 2: try square()
    case 0.5: try sqrt()
    case -1: try reciprocal()
    default: try binary(CK_POWER, exponent)
    }
  }

  /// `value - self`
  public func subtracted(from value: Float) throws -> Tensor { try Tensor.binary(CK_SUBTRACT, value, self) }
  /// `value / self`
  public func divided(from value: Float) throws -> Tensor { try Tensor.binary(CK_DIVIDE, value, self) }
  /// `value ^ self`
  public func exponent(of value: Float) throws -> Tensor { try Tensor.binary(CK_POWER, value, self) }

  /// `self` where the condition is not 0, elsewhere `other`; all three shapes go together.
  public func selected(where condition: Tensor, else other: Tensor) throws -> Tensor {
    let shape = try Shape.broadcast(Shape.broadcast(condition.shape, self.shape), other.shape)
    let result = try Tensor.uninitialized(shape)
    let (c, a, b) = try (condition.expanded(shape), expanded(shape), other.expanded(shape))
    ck_select(
      Int32(shape.count), shape, result.base, result.strides, c.base, c.strides, a.base, a.strides, b.base,
      b.strides)
    return result
  }
}

extension Tensor {
  func binary(_ op: ck_binary_op, _ other: Tensor) throws -> Tensor {
    let together = try Shape.broadcast(shape, other.shape)
    let (a, b) = try (expanded(together), other.expanded(together))
    let result = try Tensor.uninitialized(together)
    ck_binary(
      op, Int32(together.count), together, result.base, result.strides, a.base, a.strides, b.base, b.strides)
    return result
  }

  func binary(_ op: ck_binary_op, _ value: Float) throws -> Tensor {
    let result = try Tensor.uninitialized(shape)
    result.write(op, self, value)
    return result
  }

  static func binary(_ op: ck_binary_op, _ value: Float, _ other: Tensor) throws -> Tensor {
    let result = try Tensor.uninitialized(other.shape)
    withUnsafePointer(to: value) {
      ck_binary(
        op, Int32(other.rank), other.shape, result.base, result.strides, $0,
        [Int](repeating: 0, count: other.rank),
        other.base, other.strides)
    }
    return result
  }

  func write(_ op: ck_binary_op, _ a: Tensor, _ value: Float) {
    withUnsafePointer(to: value) {
      ck_binary(
        op, Int32(rank), shape, base, strides, a.base, a.strides, $0, [Int](repeating: 0, count: rank))
    }
  }
}
