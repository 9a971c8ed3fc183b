import CKernels

/// Comparisons: 1 where true, 0 where false (also wherever a NaN takes part, except in `notEqual`).
extension Tensor {
  public func less(than other: Tensor) throws -> Tensor { try binary(CK_LESS, other) }
  public func lessOrEqual(to other: Tensor) throws -> Tensor { try binary(CK_LESS_EQUAL, other) }
  public func greater(than other: Tensor) throws -> Tensor { try other.binary(CK_LESS, self) }
  public func greaterOrEqual(to other: Tensor) throws -> Tensor { try other.binary(CK_LESS_EQUAL, self) }
  public func equal(to other: Tensor) throws -> Tensor { try binary(CK_EQUAL, other) }
  public func notEqual(to other: Tensor) throws -> Tensor { try binary(CK_NOT_EQUAL, other) }

  public func less(than value: Float) throws -> Tensor { try binary(CK_LESS, value) }
  public func lessOrEqual(to value: Float) throws -> Tensor { try binary(CK_LESS_EQUAL, value) }
  public func greater(than value: Float) throws -> Tensor { try Tensor.binary(CK_LESS, value, self) }
  public func greaterOrEqual(to value: Float) throws -> Tensor {
    try Tensor.binary(CK_LESS_EQUAL, value, self)
  }
  public func equal(to value: Float) throws -> Tensor { try binary(CK_EQUAL, value) }
  public func notEqual(to value: Float) throws -> Tensor { try binary(CK_NOT_EQUAL, value) }
}
