/// Views: other headers over the same storage.
extension Tensor {
  /// Another shape for the same elements in row-major order; one size may be -1. A view where the strides allow
  /// it, else a copy.
  public func reshaped(_ shape: [Int]) throws -> Tensor {
    let target = try resolved(shape)
    if let strides = viewStrides(target) { return whole(target, strides) }
    let copy = try detached.clone()
    return Tensor(storage: copy.storage, shape: target, strides: Shape.strides(target), offset: 0)
      .recorded(from: self) { [own = self.shape] in try $0.reshaped(own) }
  }

  /// As `reshaped`, but never a copy.
  public func viewed(_ shape: [Int]) throws -> Tensor {
    let target = try resolved(shape)
    guard let strides = viewStrides(target) else {
      throw TensorError(
        "a tensor \(Shape.text(self.shape)) with strides \(Shape.text(self.strides)) cannot be viewed as "
          + "\(Shape.text(target)) without a copy; reshape or contiguous makes one")
    }
    return whole(target, strides)
  }

  /// All elements in one dimension.
  public func flattened() throws -> Tensor { try reshaped([count]) }

  /// Dimension `d` of the result is dimension `order[d]` of this one.
  public func permuted(_ order: [Int]) throws -> Tensor {
    let dims = try order.map { try Shape.dimension($0, rank: rank) }
    guard dims.count == rank && Set(dims).count == rank else {
      throw TensorError("permute needs each of \(rank) dimensions once, got \(Shape.text(order))")
    }
    return Tensor(
      storage: storage, shape: dims.map { shape[$0] }, strides: dims.map { strides[$0] }, offset: offset
    ).recorded(from: self) { gradient in
      try gradient.permuted(dims.indices.map { place in dims.firstIndex(of: place) ?? place })
    }
  }

  public func transposed(_ a: Int, _ b: Int) throws -> Tensor {
    var order = Array(0..<rank)
    try order.swapAt(Shape.dimension(a, rank: rank), Shape.dimension(b, rank: rank))
    return try permuted(order)
  }

  /// `length` elements of one dimension from `start` on.
  public func narrowed(_ dim: Int, start: Int, length: Int) throws -> Tensor {
    let d = try Shape.dimension(dim, rank: rank)
    guard start >= 0 && length >= 0 && start <= shape[d] && length <= shape[d] - start else {
      throw TensorError(
        "narrow from \(start), length \(length), leaves dimension \(d) of a tensor \(Shape.text(shape))")
    }
    var narrowed = shape
    narrowed[d] = length
    return Tensor(storage: storage, shape: narrowed, strides: strides, offset: offset + start * strides[d])
      .recorded(asPartOf: self) { try $0.narrowed(d, start: start, length: length) }
  }

  /// One index of a dimension, which is dropped. Negative indices count from the back.
  public func selected(_ dim: Int, _ index: Int) throws -> Tensor {
    let d = try Shape.dimension(dim, rank: rank)
    let i = index < 0 ? index + shape[d] : index
    guard i >= 0 && i < shape[d] else {
      throw TensorError("index \(index) is out of range for dimension \(d) of a tensor \(Shape.text(shape))")
    }
    var shape = shape
    var strides = strides
    shape.remove(at: d)
    let stride = strides.remove(at: d)
    return Tensor(storage: storage, shape: shape, strides: strides, offset: offset + i * stride)
      .recorded(asPartOf: self) { try $0.selected(d, i) }
  }

  /// A new dimension of size 1 at `dim`; -1 puts it last.
  public func unsqueezed(_ dim: Int) throws -> Tensor {
    guard rank < Shape.maximumRank else {
      throw TensorError(
        "a tensor has at most \(Shape.maximumRank) dimensions, got \(Shape.text(shape)) and one more")
    }
    let d = try Shape.dimension(dim, rank: rank + 1)
    var shape = shape
    var strides = strides
    strides.insert(d < rank ? shape[d] * strides[d] : 1, at: d)
    shape.insert(1, at: d)
    return whole(shape, strides)
  }

  /// Without a dimension of size 1.
  public func squeezed(_ dim: Int) throws -> Tensor {
    let d = try Shape.dimension(dim, rank: rank)
    guard shape[d] == 1 else {
      throw TensorError(
        "only a dimension of size 1 can be squeezed, dimension \(d) of \(Shape.text(shape)) is not")
    }
    let kept = (0..<rank).filter { $0 != d }
    return whole(kept.map { shape[$0] }, kept.map { strides[$0] })
  }

  /// Without any dimension of size 1.
  public func squeezed() -> Tensor {
    let kept = (0..<rank).filter { shape[$0] != 1 }
    return whole(kept.map { shape[$0] }, kept.map { strides[$0] })
  }

  /// Sizes of 1 repeated to `shape` (NumPy's rule), without copying; -1 keeps a size.
  public func expanded(_ shape: [Int]) throws -> Tensor {
    let missing = shape.count - rank
    var target = shape
    if missing >= 0 {
      for d in missing..<shape.count where target[d] == -1 { target[d] = self.shape[d - missing] }
    }
    _ = try Shape.count(target)
    guard let strides = Shape.expandedStrides(self.shape, self.strides, to: target) else {
      throw TensorError("a tensor \(Shape.text(self.shape)) cannot be expanded to \(Shape.text(shape))")
    }
    return Tensor(storage: storage, shape: target, strides: strides, offset: offset)
      .recorded(from: self) { [shape = self.shape] in try $0.summed(to: shape) }
  }

  /// All elements under another shape.
  private func whole(_ shape: [Int], _ strides: [Int]) -> Tensor {
    Tensor(storage: storage, shape: shape, strides: strides, offset: offset)
      .recorded(from: self) { [shape = self.shape] in try $0.reshaped(shape) }
  }

  /// The shape with its -1 worked out, of exactly as many elements as this tensor.
  private func resolved(_ shape: [Int]) throws -> [Int] {
    var target = shape
    let open = shape.indices.filter { shape[$0] == -1 }
    if open.count == 1 {
      target[open[0]] = 1
      let known = try Shape.count(target)
      target[open[0]] = known == 0 ? 0 : count / known
    }
    guard open.count <= 1, try Shape.count(target) == count else {
      throw TensorError("a tensor \(Shape.text(self.shape)) cannot be reshaped to \(Shape.text(shape))")
    }
    return target
  }

  /// Strides for `target` over the same storage: each group of old dimensions that steps evenly is split anew.
  private func viewStrides(_ target: [Int]) -> [Int]? {
    if isContiguous { return Shape.strides(target) }
    var runs: [(count: Int, stride: Int)] = []
    for d in 0..<rank where shape[d] != 1 {
      if let last = runs.last, last.stride == strides[d] * shape[d] {
        runs[runs.count - 1] = (last.count * shape[d], strides[d])
      } else {
        runs.append((shape[d], strides[d]))
      }
    }
    var result = [Int](repeating: 1, count: target.count)
    var d = target.count - 1
    for run in runs.reversed() {
      var covered = 1
      while d >= 0 && covered < run.count {
        result[d] = run.stride * covered
        covered *= target[d]
        d -= 1
      }
      guard covered == run.count else { return nil }
    }
    return result
  }
}
