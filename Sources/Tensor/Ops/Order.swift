/// Where elements stand among others. Places count from 0 and come as numbers in a tensor.
extension Tensor {
  /// The place of the first largest element along `dim`, or in row-major order when no dimension is named.
  public func argmax(dim: Int? = nil, keepDim: Bool = false) throws -> Tensor {
    try extremeIndex(largest: true, dim, keepDim)
  }

  /// The place of the first smallest element.
  public func argmin(dim: Int? = nil, keepDim: Bool = false) throws -> Tensor {
    try extremeIndex(largest: false, dim, keepDim)
  }

  /// Running sums along `dim`.
  public func cumsum(dim: Int) throws -> Tensor {
    try alongRows(dim) { [try Compute.backend.cumulativeSum($0)] }[0].recorded(from: self) { gradient in
      // Each element counts in all sums from its own place on.
      let d = try Shape.dimension(dim, rank: gradient.rank)
      let backwards = Array((0..<gradient.shape[d]).reversed())
      return try gradient.gathered(d, backwards).cumsum(dim: d).gathered(d, backwards)
    }
  }

  /// The elements in order along `dim`, and the places they came from. Equal elements keep their order; NaN counts
  /// as the largest.
  public func sorted(dim: Int = -1, descending: Bool = false) throws -> (values: Tensor, indices: Tensor) {
    try checkPlaces(Shape.dimension(dim, rank: rank))
    let both = try alongRows(dim) { rows in
      let (values, indices) = try Compute.backend.sort(rows, descending: descending)
      return [values, indices]
    }
    let places = both[1].kept
    let values = both[0].recorded(from: self) { gradient in
      try gradient.taken(along: dim, places().sorted(dim: dim).indices)
    }
    return (values, both[1])
  }

  /// The `k` largest (or smallest) elements along `dim` in order, and their places.
  public func topK(_ k: Int, dim: Int = -1, largest: Bool = true) throws -> (values: Tensor, indices: Tensor)
  {
    let d = try Shape.dimension(dim, rank: rank)
    guard k >= 0 && k <= shape[d] else {
      throw TensorError("top \(k) of dimension \(d) of a tensor \(Shape.text(shape)) is out of range")
    }
    let (values, indices) = try sorted(dim: d, descending: largest)
    return try (values.narrowed(d, start: 0, length: k), indices.narrowed(d, start: 0, length: k))
  }

  private func extremeIndex(largest: Bool, _ dim: Int?, _ keepDim: Bool) throws -> Tensor {
    guard node == nil else { return try detached.extremeIndex(largest: largest, dim, keepDim) }
    guard let dim else {
      let place = try flattened().extremeIndex(largest: largest, 0, false)
      return keepDim ? try place.reshaped([Int](repeating: 1, count: rank)) : place
    }
    let d = try Shape.dimension(dim, rank: rank)
    guard shape[d] > 0 else {
      throw TensorError("the extreme of no elements is not defined, got \(Shape.text(shape))")
    }
    try checkPlaces(d)
    let places = try alongRows(d) { [try Compute.backend.extremeIndex($0, largest: largest)] }[0]
    return keepDim ? places : try places.squeezed(d)
  }

  /// Places are numbers of a tensor, which are whole up to 2²⁴.
  private func checkPlaces(_ d: Int) throws {
    guard shape[d] <= 1 << 24 else {
      throw TensorError(
        "places among \(shape[d]) elements are beyond what a float32 can tell (2^24); take parts of the tensor "
          + "\(Shape.text(shape)), or a dimension that is shorter")
    }
  }

  /// Of the last dimension, seen as rows.
  var rowLength: Int { shape[rank - 1] }
  var rowCount: Int { rowLength == 0 ? 0 : count / rowLength }

  /// Runs `body` with `dim` as the last dimension of a contiguous tensor, and puts it back in the results.
  private func alongRows(_ dim: Int, _ body: (Tensor) throws -> [Tensor]) throws -> [Tensor] {
    let d = try Shape.dimension(dim, rank: rank)
    return try body(detached.transposed(d, -1).contiguous()).map { try $0.transposed(d, -1) }
  }
}
