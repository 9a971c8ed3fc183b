/// Elements in another order, and elements put among others: all by operations that have their gradients.
extension Tensor {
  /// The elements of each of these dimensions from the last to the first.
  public func flipped(_ dims: [Int]) throws -> Tensor {
    try dims.reduce(self) { x, dim in
      try Room.check(x.shape[dim], bytes: 16, for: "\(x.shape[dim]) indices")
      return try x.gathered(dim, (0..<x.shape[dim]).reversed())
    }
  }

  /// Elements move `shift` places along a dimension; what leaves at its end comes in at its start (`torch.roll`).
  public func rolled(_ shift: Int, dim: Int) throws -> Tensor {
    let size = shape[dim]
    guard size > 0 else { return self }
    let start = (size - shift % size) % size
    guard start != 0 else { return try clone() }
    return try .concatenated(
      [narrowed(dim, start: start, length: size - start), narrowed(dim, start: 0, length: start)], dim: dim)
  }

  /// `value` where the mask is not 0.
  public func masked(_ mask: Tensor, with value: Float) throws -> Tensor {
    guard try Shape.broadcast(mask.shape, shape) == shape else {
      throw TensorError("a mask \(Shape.text(mask.shape)) does not go with a tensor \(Shape.text(shape))")
    }
    return try Tensor.scalar(value).selected(where: mask, else: self)
  }

  /// A vector as the diagonal of a matrix, `offset` places above the main one; of a matrix the diagonal.
  public func diagonal(offset: Int = 0) throws -> Tensor {
    guard rank == 1 || rank == 2 else {
      throw TensorError("diag: 1-d or 2-d tensor expected, got \(Shape.text(shape))")
    }
    let away = Swift.abs(offset)
    guard rank == 2 else {
      let square = try Tensor.eye(shape[0]).multiplying(unsqueezed(1))
      guard away > 0 else { return square }
      return try square.padded(offset > 0 ? [away, 0, 0, away] : [0, away, away, 0])
    }
    let (rows, columns) = (shape[0] - (offset < 0 ? away : 0), shape[1] - (offset > 0 ? away : 0))
    let length = Swift.max(0, Swift.min(rows, columns))
    let start = offset > 0 ? away : away * shape[1]
    return try flattened().gathered(0, (0..<length).map { start + $0 * (shape[1] + 1) })
  }

  /// This tensor with `source` written to the places along `dim` that `indices` name (`torch.scatter`); where several go to
  /// one place, the last.
  public func scattered(along dim: Int, _ indices: Tensor, _ source: Tensor) throws -> Tensor {
    guard indices.rank == rank, source.shape == indices.shape,
      (0..<rank).allSatisfy({ $0 == dim || indices.shape[$0] <= shape[$0] })
    else {
      throw TensorError(
        "scatter: indices \(Shape.text(indices.shape)) and source \(Shape.text(source.shape)) do not fit a tensor "
          + "\(Shape.text(shape)) along dimension \(dim)")
    }
    try Room.check(indices.count, bytes: 256, for: "\(indices.count) indices")
    let places = try indices.elements().map { Int($0) }
    if let stray = places.first(where: { !(0..<shape[dim]).contains($0) }) {
      throw TensorError(
        "index \(stray) is out of range for dimension \(dim) of a tensor \(Shape.text(shape))")
    }
    let strides = Shape.strides(shape)
    /// For each place of `indices`, which element of the result it goes to.
    let targets = Tensor.positions(of: indices.shape).enumerated().map { number, position in
      var position = position
      position[dim] = places[number]
      return zip(position, strides).reduce(0) { $0 + $1.0 * $1.1 }
    }
    let result = try detached.clone().contiguous()
    let values = try source.elements()
    try Room.check(result.count, bytes: 16, for: "\(result.count) places")
    var writer = [Int](repeating: -1, count: result.count)
    try result.withUnsafeMutableBuffer { elements in
      for (number, target) in targets.enumerated() {
        elements[target] = values[number]
        writer[target] = number
      }
    }
    let last = writer
    let sourceShape = source.shape
    return result.recorded(
      from: self,
      { gradient in
        let kept = try gradient.clone().contiguous()
        try kept.withUnsafeMutableBuffer {
          for (place, number) in last.enumerated() where number >= 0 { $0[place] = 0 }
        }
        return kept
      }, and: source
    ) { gradient in
      let given = try gradient.elements()
      var own = [Float](repeating: 0, count: values.count)
      for (place, number) in last.enumerated() where number >= 0 { own[number] = given[place] }
      return try Tensor(own, shape: sourceShape)
    }
  }

  /// The index of every element of a shape, in row-major order.
  static func positions(of shape: [Int]) -> [[Int]] {
    shape.reduce([[]]) { positions, size in
      positions.flatMap { position in (0..<size).map { position + [$0] } }
    }
  }

  /// What lies beyond the edges of a tensor that is padded.
  public enum PaddingMode: String, CaseIterable, Sendable {
    case constant
    /// Mirrored at the edge, which is not repeated.
    case reflect
    /// The edge again.
    case replicate
  }

  /// Wider by so many places on both sides of the last dimensions: {before, after} of the last, then of the one before, as in
  /// `torch.nn.functional.pad`.
  public func padded(_ sizes: [Int], mode: PaddingMode = .constant, value: Float = 0) throws -> Tensor {
    guard sizes.count % 2 == 0, sizes.count / 2 <= rank, sizes.allSatisfy({ (0...1 << 24).contains($0) })
    else {
      throw TensorError(
        "pad: pairs of places before and after, for at most \(rank) dimensions, expected, got \(Shape.text(sizes))"
      )
    }
    var result = self
    for pair in 0..<sizes.count / 2 {
      let (before, after, dim) = (sizes[2 * pair], sizes[2 * pair + 1], rank - 1 - pair)
      guard before + after > 0 else { continue }
      try Room.check(result.shape[dim], bytes: 16, for: "\(result.shape[dim]) indices")
      result = try result.padded(before, after, dim: dim, mode: mode, value: value)
    }
    return result
  }

  private func padded(_ before: Int, _ after: Int, dim: Int, mode: PaddingMode, value: Float) throws -> Tensor
  {
    let size = shape[dim]
    switch mode {
    case .constant:
      func block(_ length: Int) throws -> Tensor {
        var sizes = shape
        sizes[dim] = length
        return try .full(sizes, value)
      }
      return try .concatenated([block(before), self, block(after)], dim: dim)
    case .reflect:
      guard before < size, after < size else {
        throw TensorError(
          "pad: at most \(size - 1) places can be reflected in dimension \(dim + 1) of \(size)")
      }
      let mirrored = (-before..<size + after).map { $0 < 0 ? -$0 : $0 >= size ? 2 * size - 2 - $0 : $0 }
      return try gathered(dim, mirrored)
    case .replicate:
      guard size > 0 else { throw TensorError("pad: there is no edge to repeat in \(Shape.text(shape))") }
      return try gathered(dim, (-before..<size + after).map { Swift.min(Swift.max($0, 0), size - 1) })
    }
  }
}
