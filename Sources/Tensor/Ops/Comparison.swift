/// Comparisons: 1 where true, 0 where false (also wherever a NaN takes part, except in `notEqual`).
extension Tensor {
  public func less(than other: Tensor) throws -> Tensor { try binary(.less, other) }
  public func lessOrEqual(to other: Tensor) throws -> Tensor { try binary(.lessOrEqual, other) }
  public func greater(than other: Tensor) throws -> Tensor { try other.binary(.less, self) }
  public func greaterOrEqual(to other: Tensor) throws -> Tensor { try other.binary(.lessOrEqual, self) }
  public func equal(to other: Tensor) throws -> Tensor { try binary(.equal, other) }
  public func notEqual(to other: Tensor) throws -> Tensor { try binary(.notEqual, other) }

  public func less(than value: Float) throws -> Tensor { try binary(.less, value) }
  public func lessOrEqual(to value: Float) throws -> Tensor { try binary(.lessOrEqual, value) }
  public func greater(than value: Float) throws -> Tensor { try Tensor.binary(.less, value, self) }
  public func greaterOrEqual(to value: Float) throws -> Tensor {
    try Tensor.binary(.lessOrEqual, value, self)
  }
  public func equal(to value: Float) throws -> Tensor { try binary(.equal, value) }
  public func notEqual(to value: Float) throws -> Tensor { try binary(.notEqual, value) }
}
