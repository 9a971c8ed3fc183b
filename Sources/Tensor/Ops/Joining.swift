/// Several tensors as one.
extension Tensor {
  /// End to end along `dim`; the other sizes must agree.
  public static func concatenated(_ tensors: [Tensor], dim: Int = 0) throws -> Tensor {
    guard let first = tensors.first else { throw TensorError("concatenation needs at least one tensor") }
    let d = try Shape.dimension(dim, rank: first.rank)
    var shape = first.shape
    shape[d] = 0
    for tensor in tensors {
      var expected = first.shape
      if tensor.rank == first.rank { expected[d] = tensor.shape[d] }
      guard tensor.shape == expected else {
        throw TensorError(
          "tensors \(Shape.text(first.shape)) and \(Shape.text(tensor.shape)) cannot be joined along dimension \(d)"
        )
      }
      shape[d] += tensor.shape[d]
    }
    let result = try uninitialized(shape)
    var start = 0
    for tensor in tensors {
      try result.narrowed(d, start: start, length: tensor.shape[d]).copy(from: tensor.detached)
      start += tensor.shape[d]
    }
    let lengths = tensors.map { $0.shape[d] }
    return result.recorded(from: tensors) { gradient, _ in
      var start = 0
      return try lengths.map { length in
        defer { start += length }
        return try gradient.narrowed(d, start: start, length: length)
      }
    }
  }

  /// Side by side along a new dimension `dim`; all shapes must agree.
  public static func stacked(_ tensors: [Tensor], dim: Int = 0) throws -> Tensor {
    try concatenated(tensors.map { try $0.unsqueezed(dim) }, dim: dim)
  }

  /// In pieces of `length` along `dim`, the last one shorter where it does not divide evenly. Views.
  public func split(_ length: Int, dim: Int = 0) throws -> [Tensor] {
    let d = try Shape.dimension(dim, rank: rank)
    guard length > 0 else { throw TensorError("pieces must be at least 1 long, got \(length)") }
    guard length >= shape[d] || shape[d] / length < 1 << 20 else {
      throw TensorError("a tensor \(Shape.text(shape)) has more than a million pieces of length \(length)")
    }
    // Not by adding up, which could pass the largest number.
    return try stride(from: 0, to: shape[d], by: Swift.min(length, Swift.max(shape[d], 1))).map {
      try narrowed(d, start: $0, length: Swift.min(length, shape[d] - $0))
    }
  }

  /// Repeated `times[d]` times along each dimension.
  public func tiled(_ times: [Int]) throws -> Tensor {
    guard times.count == rank && times.allSatisfy({ $0 >= 0 }) else {
      throw TensorError(
        "tile needs \(rank) counts for a tensor \(Shape.text(shape)), got \(Shape.text(times))")
    }
    let target = zip(times, shape).map { $0.multipliedReportingOverflow(by: $1) }
    guard !target.contains(where: \.overflow) else {
      throw TensorError("out of memory: a tensor \(Shape.text(shape)) repeated \(Shape.text(times)) times")
    }
    _ = try Shape.count(target.map(\.partialValue))
    guard 2 * rank <= Shape.maximumRank else {
      var result = self
      for d in 0..<rank where times[d] != 1 {
        result =
          times[d] == 0
          ? try result.narrowed(d, start: 0, length: 0)
          : try .concatenated([Tensor](repeating: result, count: times[d]), dim: d)
      }
      return try result.contiguous()
    }
    // {2, 3} twice and four times: {1, 2, 1, 3} seen as {2, 2, 4, 3}, which copies to {4, 12}.
    let split = try reshaped(shape.flatMap { [1, $0] })
    let repeated = try split.expanded(zip(times, shape).flatMap { [$0, $1] })
    return try repeated.clone().reshaped(zip(times, shape).map { $0 * $1 })
  }
}
