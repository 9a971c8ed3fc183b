import CKernels

/// Elements picked by index.
extension Tensor {
  /// Rows of a table {V, …} by number: {k, …}.
  public func embedding(rows: [Int]) throws -> Tensor { try gathered(0, rows) }

  /// The given indices of one dimension, in the given order, repeated where they repeat.
  public func gathered(_ dim: Int, _ indices: [Int]) throws -> Tensor {
    let d = try Shape.dimension(dim, rank: rank)
    if let wrong = indices.first(where: { $0 < 0 || $0 >= shape[d] }) {
      throw TensorError("index \(wrong) is out of range for dimension \(d) of a tensor \(Shape.text(shape))")
    }
    var picked = shape
    picked[d] = indices.count
    let result = try Tensor.uninitialized(picked)
    ck_gather(
      Int32(rank), Int32(d), picked, result.base, result.strides, base, strides, indices)
    return result
  }
}
