import CKernels

/// Reductions over some dimensions, or all of them when none are named. `keepDim` leaves them with size 1.
/// Sums run in double, so the result is the rounded true value for all but extreme inputs.
extension Tensor {
  public func sum(dims: [Int]? = nil, keepDim: Bool = false) throws -> Tensor {
    try reduced(CK_SUM, dims, keepDim)
  }

  public func mean(dims: [Int]? = nil, keepDim: Bool = false) throws -> Tensor {
    try reduced(CK_MEAN, dims, keepDim)
  }

  public func prod(dims: [Int]? = nil, keepDim: Bool = false) throws -> Tensor {
    try reduced(CK_PRODUCT, dims, keepDim)
  }

  /// The largest element; NaN where there is one.
  public func max(dims: [Int]? = nil, keepDim: Bool = false) throws -> Tensor {
    try reduced(CK_LARGEST, dims, keepDim)
  }

  /// The smallest element; NaN where there is one.
  public func min(dims: [Int]? = nil, keepDim: Bool = false) throws -> Tensor {
    try reduced(CK_SMALLEST, dims, keepDim)
  }

  /// The root of the sum of squares.
  public func norm(dims: [Int]? = nil, keepDim: Bool = false) throws -> Tensor {
    try reduced(CK_NORM, dims, keepDim)
  }

  /// The mean squared distance from the mean; `correction` is taken off the number of elements, 1 gives the unbiased
  /// estimate that is PyTorch's default.
  public func variance(dims: [Int]? = nil, correction: Int = 1, keepDim: Bool = false) throws -> Tensor {
    let reduced = try Set(reducedDimensions(dims)).reduce(1) { $0 * shape[$1] }
    let free = Swift.max(reduced - correction, 0)
    return try self.reduced(CK_VARIANCE, scale: Double(reduced) / Double(free), dims, keepDim)
  }

  public func sum(dim: Int, keepDim: Bool = false) throws -> Tensor { try sum(dims: [dim], keepDim: keepDim) }
  public func mean(dim: Int, keepDim: Bool = false) throws -> Tensor {
    try mean(dims: [dim], keepDim: keepDim)
  }
  public func prod(dim: Int, keepDim: Bool = false) throws -> Tensor {
    try prod(dims: [dim], keepDim: keepDim)
  }
  public func max(dim: Int, keepDim: Bool = false) throws -> Tensor { try max(dims: [dim], keepDim: keepDim) }
  public func min(dim: Int, keepDim: Bool = false) throws -> Tensor { try min(dims: [dim], keepDim: keepDim) }
  public func norm(dim: Int, keepDim: Bool = false) throws -> Tensor {
    try norm(dims: [dim], keepDim: keepDim)
  }
  public func variance(dim: Int, correction: Int = 1, keepDim: Bool = false) throws -> Tensor {
    try variance(dims: [dim], correction: correction, keepDim: keepDim)
  }

  /// Divided by its norm along `dim`, or by `epsilon` where the norm is smaller.
  public func normalized(dim: Int, epsilon: Float = 1e-12) throws -> Tensor {
    try dividing(norm(dim: dim, keepDim: true).maximum(epsilon))
  }

  private func reducedDimensions(_ dims: [Int]?) throws -> [Int] {
    guard let dims else { return Array(0..<rank) }
    let found = try dims.map { try Shape.dimension($0, rank: rank) }
    guard Set(found).count == found.count else {
      throw TensorError("a dimension can be reduced only once, got \(Shape.text(dims))")
    }
    return found.sorted()
  }

  private func reduced(_ op: ck_reduction, scale: Double = 1, _ dims: [Int]?, _ keepDim: Bool) throws
    -> Tensor
  {
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
