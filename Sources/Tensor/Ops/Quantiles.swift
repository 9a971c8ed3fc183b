/// What order says of numbers, and questions that are answered with 0 and 1.
extension Tensor {
  /// The middle of the elements along a dimension, of two the lower (`torch.median`), and its place. The dimension goes unless kept.
  public func median(dim: Int, keepDim: Bool = false) throws -> (values: Tensor, indices: Tensor) {
    guard shape[dim] > 0 else {
      throw TensorError("the median of no elements is not defined, got \(Shape.text(shape))")
    }
    let (values, indices) = try sorted(dim: dim)
    func middle(_ x: Tensor) throws -> Tensor {
      let part = try x.narrowed(dim, start: (shape[dim] - 1) / 2, length: 1)
      return keepDim ? part : try part.squeezed(dim)
    }
    // NaN counts as the largest: one of them makes the median NaN, as in PyTorch.
    let bad = try detached.notEqual(to: detached).max(dim: dim, keepDim: true)
    let missing = try Tensor.scalar(.nan).selected(
      where: keepDim ? bad : bad.squeezed(dim), else: middle(values))
    return try (missing, middle(indices))
  }

  /// The value below which a share of the elements along a dimension lies, between neighbours in proportion (`torch.quantile`, linear).
  public func quantile(_ share: Double, dim: Int, keepDim: Bool = false) throws -> Tensor {
    guard shape[dim] > 0 else {
      throw TensorError("a quantile of no elements is not defined, got \(Shape.text(shape))")
    }
    guard (0...1).contains(share) else { throw TensorError("a share from 0 to 1 expected, got \(share)") }
    let values = try sorted(dim: dim).values
    let place = share * Double(shape[dim] - 1)
    let (low, high) = (Int(place.rounded(.down)), Int(place.rounded(.up)))
    func at(_ index: Int) throws -> Tensor { try values.narrowed(dim, start: index, length: 1) }
    let found = try at(low).lerp(at(high), Float(place - Double(low)))
    let bad = try detached.notEqual(to: detached).max(dim: dim, keepDim: true)
    let result = try Tensor.scalar(.nan).selected(where: bad, else: found)
    return keepDim ? result : try result.squeezed(dim)
  }

  /// 1 where any element is not 0.
  public func any(dims: [Int]? = nil, keepDim: Bool = false) throws -> Tensor {
    try detached.notEqual(to: 0).sum(dims: dims, keepDim: keepDim).greater(than: 0)
  }

  /// 1 where no element is 0.
  public func all(dims: [Int]? = nil, keepDim: Bool = false) throws -> Tensor {
    try detached.equal(to: 0).sum(dims: dims, keepDim: keepDim).equal(to: 0)
  }

  /// Whether |a - b| ≤ absolute + relative · |b| for all elements; equal infinities are close, NaN only where it is said to be.
  public func isClose(
    to other: Tensor, relative: Double = 1e-5, absolute: Double = 1e-8, nanIsEqual: Bool = false
  ) throws -> Bool {
    let shape = try Shape.broadcast(shape, other.shape)
    let (a, b) = try (expanded(shape).elements(copies: 2), other.expanded(shape).elements(copies: 2))
    return zip(a, b).allSatisfy { a, b in
      if a.isNaN || b.isNaN { return nanIsEqual && a.isNaN && b.isNaN }
      if a == b { return true }
      return (a - b).isFinite && Double(Swift.abs(a - b)) <= absolute + relative * Double(Swift.abs(b))
    }
  }

  /// The indices of the elements that are not 0, {n, rank}, in row-major order.
  public func nonzeroIndices() throws -> Tensor {
    let strides = Shape.strides(shape)
    let found = try elements(copies: 2 + rank).enumerated().filter { $0.element != 0 }.map(\.offset)
    let places = found.flatMap { place in zip(shape, strides).map { Float(place / $1 % $0) } }
    return try Tensor(places, shape: [found.count, rank])
  }

  /// How many elements lie in each of `bins` equal parts of a range, {bins}; the last includes its upper end, what lies outside is not counted.
  ///
  /// - Parameter range: nil for that of the elements
  public func histogram(bins: Int, range: ClosedRange<Float>? = nil) throws -> Tensor {
    guard (1...1 << 24).contains(bins) else {
      throw TensorError("histc: 1 to 2^24 bins expected, got \(bins)")
    }
    let values = try elements(copies: 2)
    guard values.allSatisfy({ !$0.isNaN && (range != nil || $0.isFinite) }) else {
      throw TensorError("histc: finite numbers expected")
    }
    var low = Double(range?.lowerBound ?? values.min() ?? 0)
    var high = Double(range?.upperBound ?? values.max() ?? 0)
    if low == high { (low, high) = (low - 1, high + 1) }
    let width = Swift.max(high - low, .leastNormalMagnitude)
    var counts = [Float](repeating: 0, count: bins)
    for value in values where (low...high).contains(Double(value)) {
      counts[Swift.min(Int((Double(value) - low) / width * Double(bins)), bins - 1)] += 1
    }
    return try Tensor(counts, shape: [bins])
  }
}
