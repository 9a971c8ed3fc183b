import CKernels

/// Reductions over some dimensions, or all of them when none are named. `keepDim` leaves them with size 1.
/// Sums run in double, so the result is the rounded true value for all but extreme inputs.
extension Tensor {
  public func sum(_ dims: [Int]? = nil, keepDim: Bool = false) throws -> Tensor {
    try reduced(CK_SUM, dims, keepDim)
  }

  public func mean(_ dims: [Int]? = nil, keepDim: Bool = false) throws -> Tensor {
    try reduced(CK_MEAN, dims, keepDim)
  }

  public func prod(_ dims: [Int]? = nil, keepDim: Bool = false) throws -> Tensor {
    try reduced(CK_PRODUCT, dims, keepDim)
  }

  /// The largest element; NaN where there is one.
  public func max(_ dims: [Int]? = nil, keepDim: Bool = false) throws -> Tensor {
    try reduced(CK_LARGEST, dims, keepDim)
  }

  /// The smallest element; NaN where there is one.
  public func min(_ dims: [Int]? = nil, keepDim: Bool = false) throws -> Tensor {
    try reduced(CK_SMALLEST, dims, keepDim)
  }

  /// The root of the sum of squares.
  public func norm(_ dims: [Int]? = nil, keepDim: Bool = false) throws -> Tensor {
    try reduced(CK_NORM, dims, keepDim)
  }

  /// The mean squared distance from the mean; `correction` is taken off the number of elements, 1 gives the unbiased
  /// estimate that is PyTorch's default.
  public func variance(_ dims: [Int]? = nil, correction: Int = 1, keepDim: Bool = false) throws -> Tensor {
    let reduced = try Set(reducedDimensions(dims)).reduce(1) { $0 * shape[$1] }
    let free = Swift.max(reduced - correction, 0)
    return try self.reduced(CK_VARIANCE, scale: Double(reduced) / Double(free), dims, keepDim)
  }

  public func sum(_ dim: Int, keepDim: Bool = false) throws -> Tensor { try sum([dim], keepDim: keepDim) }
  public func mean(_ dim: Int, keepDim: Bool = false) throws -> Tensor { try mean([dim], keepDim: keepDim) }
  public func prod(_ dim: Int, keepDim: Bool = false) throws -> Tensor { try prod([dim], keepDim: keepDim) }
  public func max(_ dim: Int, keepDim: Bool = false) throws -> Tensor { try max([dim], keepDim: keepDim) }
  public func min(_ dim: Int, keepDim: Bool = false) throws -> Tensor { try min([dim], keepDim: keepDim) }
  public func norm(_ dim: Int, keepDim: Bool = false) throws -> Tensor { try norm([dim], keepDim: keepDim) }
  public func variance(_ dim: Int, correction: Int = 1, keepDim: Bool = false) throws -> Tensor {
    try variance([dim], correction: correction, keepDim: keepDim)
  }

  private func reducedDimensions(_ dims: [Int]?) throws -> [Int] {
    guard let dims else { return Array(0..<rank) }
    let found = try dims.map { try Shape.dimension($0, rank: rank) }
    guard Set(found).count == found.count else {
      throw TensorError("a dimension can be reduced only once, got \(Shape.text(dims))")
    }
    return found.sorted()
  }

  private func reduced(_ op: ck_reduction, scale: Double = 1, _ dims: [Int]?, _ keepDim: Bool) throws -> Tensor {
    let inner = try reducedDimensions(dims)
    let outer = (0..<rank).filter { !inner.contains($0) }
    if op == CK_LARGEST || op == CK_SMALLEST, inner.contains(where: { shape[$0] == 0 }) {
      throw TensorError("the extreme of no elements is not defined, got \(Shape.text(shape))")
    }
    let result = try Tensor.uninitialized(outer.map { shape[$0] })
    ck_reduce(
      op, scale, Int32(outer.count), result.shape, outer.map { strides[$0] }, Int32(inner.count),
      inner.map { shape[$0] }, inner.map { strides[$0] }, base, result.base)
    return keepDim ? try result.reshaped((0..<rank).map { inner.contains($0) ? 1 : shape[$0] }) : result
  }
}
