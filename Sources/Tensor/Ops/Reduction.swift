/// Reductions over some dimensions, or all of them when none are named. `keepDim` leaves them with size 1.
/// Sums run in double, so the result is the rounded true value for all but extreme inputs.
extension Tensor {
  public func sum(dims: [Int]? = nil, keepDim: Bool = false) throws -> Tensor {
    let (wide, shape) = (try keptShape(dims), shape)
    return try reduced(.sum, dims, keepDim).recorded(from: self) {
      try $0.reshaped(wide).expanded(shape)
    }
  }

  public func mean(dims: [Int]? = nil, keepDim: Bool = false) throws -> Tensor {
    let (wide, shape) = (try keptShape(dims), shape)
    return try reduced(.mean, dims, keepDim).recorded(from: self) { gradient in
      let share = Float(gradient.count) / Float(Swift.max(shape.reduce(1, *), 1))
      return try gradient.multiplying(share).reshaped(wide).expanded(shape)
    }
  }

  public func prod(dims: [Int]? = nil, keepDim: Bool = false) throws -> Tensor {
    let (wide, x) = (try keptShape(dims), kept)
    return try reduced(.product, dims, keepDim).recorded(from: self) { gradient in
      // The product of all others: not by division where there is a zero.
      let isZero = try x().equal(to: 0)
      let filled = try Tensor.scalar(1).selected(where: isZero, else: x())
      let zeros = try isZero.sum(dims: dims, keepDim: true)
      let product = try filled.prod(dims: dims, keepDim: true)
      let others = try product.multiplying(zeros.equal(to: 1)).selected(
        where: isZero, else: product.dividing(filled).multiplying(zeros.equal(to: 0)))
      return try gradient.reshaped(wide).multiplying(others)
    }
  }

  /// The largest element; NaN where there is one. Elements that share the first place share its gradient.
  public func max(dims: [Int]? = nil, keepDim: Bool = false) throws -> Tensor {
    try extreme(.largest, dims, keepDim)
  }

  /// The smallest element; NaN where there is one. Elements that share the last place share its gradient.
  public func min(dims: [Int]? = nil, keepDim: Bool = false) throws -> Tensor {
    try extreme(.smallest, dims, keepDim)
  }

  /// The root of the sum of squares. Its gradient at 0 is 0.
  public func norm(dims: [Int]? = nil, keepDim: Bool = false) throws -> Tensor {
    let (wide, x) = (try keptShape(dims), kept)
    let result = try reduced(.norm, dims, keepDim)
    let norm = result.kept
    return result.recorded(from: self) { gradient in
      let scale = try norm().nonzero(gradient.dividing(norm()))
      return try scale.reshaped(wide).multiplying(x())
    }
  }

  /// The mean squared distance from the mean; `correction` is taken off the number of elements, 1 gives the unbiased
  /// estimate that is PyTorch's default.
  public func variance(dims: [Int]? = nil, correction: Int = 1, keepDim: Bool = false) throws -> Tensor {
    let (wide, x) = (try keptShape(dims), kept)
    let free = try degrees(dims, correction)
    let scale = try Double(degrees(dims, 0)) / Double(free)
    return try self.reduced(.variance, scale: scale, dims, keepDim).recorded(from: self) { gradient in
      let centred = try x().subtracting(x().mean(dims: dims, keepDim: true))
      return try gradient.multiplying(2 / Float(free)).reshaped(wide).multiplying(centred)
    }
  }

  /// The root of the variance. Its gradient where all elements are equal is 0, as in PyTorch.
  public func standardDeviation(dims: [Int]? = nil, correction: Int = 1, keepDim: Bool = false) throws
    -> Tensor
  {
    let (wide, x) = (try keptShape(dims), kept)
    let free = try degrees(dims, correction)
    let result = try detached.variance(dims: dims, correction: correction, keepDim: keepDim).sqrt()
    let deviation = result.kept
    return result.recorded(from: self) { gradient in
      let centred = try x().subtracting(x().mean(dims: dims, keepDim: true))
      let scale = try deviation().nonzero(gradient.dividing(deviation())).dividing(Float(free))
      return try scale.reshaped(wide).multiplying(centred)
    }
  }

  /// How many elements are reduced to one, less the correction.
  private func degrees(_ dims: [Int]?, _ correction: Int) throws -> Int {
    try Swift.max(Set(reducedDimensions(dims)).reduce(1) { $0 * shape[$1] } - correction, 0)
  }

  public func sum(dim: Int, keepDim: Bool = false) throws -> Tensor { try sum(dims: [dim], keepDim: keepDim) }
  public func mean(dim: Int, keepDim: Bool = false) throws -> Tensor {
    try mean(dims: [dim], keepDim: keepDim)
  }
  public func prod(dim: Int, keepDim: Bool = false) throws -> Tensor {
    try prod(dims: [dim], keepDim: keepDim)
  }
  /// The gradient goes to the first of the largest elements.
  public func max(dim: Int, keepDim: Bool = false) throws -> Tensor {
    guard isRecorded else { return try max(dims: [dim], keepDim: keepDim) }
    let values = try taken(along: dim, argmax(dim: dim, keepDim: true))
    return keepDim ? values : try values.squeezed(dim)
  }
  /// The gradient goes to the first of the smallest elements.
  public func min(dim: Int, keepDim: Bool = false) throws -> Tensor {
    guard isRecorded else { return try min(dims: [dim], keepDim: keepDim) }
    let values = try taken(along: dim, argmin(dim: dim, keepDim: true))
    return keepDim ? values : try values.squeezed(dim)
  }
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

  private func extreme(_ op: ReductionOperation, _ dims: [Int]?, _ keepDim: Bool) throws -> Tensor {
    let (wide, x) = (try keptShape(dims), kept)
    let result = try reduced(op, dims, keepDim)
    let extreme = result.kept
    return result.recorded(from: self) { gradient in
      let chosen = try x().equal(to: extreme().reshaped(wide))
      return try gradient.reshaped(wide).dividing(chosen.sum(dims: dims, keepDim: true)).multiplying(chosen)
    }
  }

  /// The shape of the result with its dimensions kept.
  private func keptShape(_ dims: [Int]?) throws -> [Int] {
    let inner = try reducedDimensions(dims)
    return (0..<rank).map { inner.contains($0) ? 1 : shape[$0] }
  }

  private func reducedDimensions(_ dims: [Int]?) throws -> [Int] {
    guard let dims else { return Array(0..<rank) }
    let found = try dims.map { try Shape.dimension($0, rank: rank) }
    guard Set(found).count == found.count else {
      throw TensorError("a dimension can be reduced only once, got \(Shape.text(dims))")
    }
    return found.sorted()
  }

  private func reduced(_ op: ReductionOperation, scale: Double = 1, _ dims: [Int]?, _ keepDim: Bool) throws
    -> Tensor
  {
    let inner = try reducedDimensions(dims)
    let outer = (0..<rank).filter { !inner.contains($0) }
    if op == .largest || op == .smallest, inner.contains(where: { shape[$0] == 0 }) {
      throw TensorError("the extreme of no elements is not defined, got \(Shape.text(shape))")
    }
    let result = try Tensor.uninitialized(outer.map { shape[$0] })
    Compute.backend.reduce(op, self, over: inner, scale: scale, to: result)
    return keepDim ? try result.reshaped((0..<rank).map { inner.contains($0) ? 1 : shape[$0] }) : result
  }
}
