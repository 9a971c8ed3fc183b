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
    Compute.backend.gather(self, dim: d, indices, to: result)
    return result.recorded(from: self) { [shape] gradient in
      let sum = try Tensor.zeros(shape)
      for (k, index) in indices.enumerated() {
        try sum.selected(d, index).add_(gradient.selected(d, k))
      }
      return sum
    }
  }

  /// For each place of `indices`, the element of this tensor there, but at the position along `dim` that the index
  /// names (`torch.gather`). The other sizes are at most the tensor's.
  public func taken(along dim: Int, _ indices: Tensor) throws -> Tensor {
    let d = try Shape.dimension(dim, rank: rank)
    guard indices.rank == rank, (0..<rank).allSatisfy({ $0 == d || indices.shape[$0] <= shape[$0] }) else {
      throw TensorError(
        "indices \(Shape.text(indices.shape)) do not fit a tensor \(Shape.text(shape)) along dimension \(d)")
    }
    for other in 0..<rank where other != d && indices.shape[other] < shape[other] {
      return try narrowed(other, start: 0, length: indices.shape[other]).taken(along: d, indices)
    }
    let source = try detached.transposed(d, -1).contiguous()
    let places = try indices.detached.transposed(d, -1).contiguous()
    let (result, fault) = try Compute.backend.takeFromRows(source, places)
    if let fault {
      throw TensorError(
        "index \(fault) is out of range for dimension \(d) of a tensor \(Shape.text(shape))")
    }
    let k = indices.shape[d]
    let (kept, whole) = (places.kept, source.shape)
    return try result.transposed(d, -1).recorded(from: self) { gradient in
      let sum = try Tensor.zeros(whole)
      guard k > 0 else { return try sum.transposed(d, -1) }
      let values = try gradient.transposed(d, -1).contiguous()
      Compute.backend.addToRows(values, try kept(), of: sum)
      return try sum.transposed(d, -1)
    }
  }

  /// Writes slice `k` of `source` over slice `indices[k]` of dimension `dim`.
  public func copy(_ dim: Int, _ indices: [Int], from source: Tensor) throws {
    let d = try Shape.dimension(dim, rank: rank)
    guard source.rank == rank, source.shape[d] == indices.count else {
      throw TensorError(
        "\(indices.count) indices do not fit a source \(Shape.text(source.shape)) along dimension \(d)")
    }
    let source = overlaps(source) ? try source.clone() : source
    for (k, index) in indices.enumerated() {
      try selected(d, index).copy(from: source.selected(d, k))
    }
  }

  /// {k, count}: row i is 1 at `indices[i]`, 0 elsewhere.
  public static func oneHot(_ indices: [Int], count: Int) throws -> Tensor {
    let result = try zeros([indices.count, count])
    try result.withUnsafeMutableBuffer { values in
      for (row, index) in indices.enumerated() {
        guard index >= 0 && index < count else {
          throw TensorError("index \(index) is out of range for \(count) classes")
        }
        values[row * count + index] = 1
      }
    }
    return result
  }
}
