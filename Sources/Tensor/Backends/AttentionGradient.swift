/// The gradient of attention, by products of a few hundred queries at a time: their probabilities are made again, as
/// in Dao et al. (arXiv:2205.14135), so that they are never whole in memory.
extension Backend {
  public func attentionGradient(
    _ g: Tensor, query: Tensor, key: Tensor, value: Tensor, heads: Int, scale: Float, mask: AttentionMask
  ) throws -> (query: Tensor, key: Tensor, value: Tensor) {
    let images = try (0..<query.shape[0]).map { image in
      func part(_ x: Tensor) throws -> Tensor {
        try x.narrowed(0, start: image, length: 1).split(heads: heads).selected(0, 0)
      }
      var image = AttentionImage(
        g: try part(g), query: try part(query), key: try part(key), value: try part(value), scale: scale,
        mask: mask)
      return try image.gradients(self)
    }
    func batch(_ part: (AttentionGradients) -> Tensor) throws -> Tensor {
      try Tensor.stacked(images.map(part), dim: 0).joinedHeads()
    }
    return try (batch(\.query), batch(\.key), batch(\.value))
  }
}

private struct AttentionGradients {
  let query, key, value: Tensor
}

/// One image, each tensor {heads, length, width}.
private struct AttentionImage {
  let g, query, key, value: Tensor
  let scale: Float
  let mask: AttentionMask

  /// Probabilities at once, in all heads: 16 MB.
  private static let blockSize = 1 << 22

  mutating func gradients(_ backend: some Backend) throws -> AttentionGradients {
    let (heads, queries, keys) = (query.shape[0], query.shape[1], key.shape[1])
    let block = max(1, min(queries, 512, Self.blockSize / (heads * keys)))
    let queryGradient = try Tensor.uninitialized(query.shape)
    let (keyGradient, valueGradient) = try (Tensor.zeros(key.shape), Tensor.zeros(value.shape))
    let (keyColumns, valueColumns) = try (key.transposed(1, 2), value.transposed(1, 2))
    for first in stride(from: 0, to: queries, by: block) {
      let count = min(block, queries - first)
      func rows(_ x: Tensor) throws -> Tensor { try x.narrowed(1, start: first, length: count) }
      let scores = try backend.product(rows(query).multiplying(scale), keyColumns)
      if mask == .causal { try scores.add_(causalMask(first: first, count: count)) }
      let p = try backend.softmax(scores)
      try valueGradient.add_(backend.product(p.transposed(1, 2), rows(g)))
      let slope = try backend.softmaxGradient(backend.product(rows(g), valueColumns), result: p).mul_(scale)
      try rows(queryGradient).copy(from: backend.product(slope, key))
      try keyGradient.add_(backend.product(slope.transposed(1, 2), rows(query)))
    }
    return AttentionGradients(query: queryGradient, key: keyGradient, value: valueGradient)
  }

  /// {count, keys}: minus infinity where a query does not see a key. As in `ck_attention`, the last query sees all.
  private func causalMask(first: Int, count: Int) throws -> Tensor {
    let keys = key.shape[1]
    let seen = (0..<count).map { first + $0 + keys - query.shape[1] + 1 }
    let values = seen.flatMap { seen in (0..<keys).map { $0 < seen ? Float(0) : -.infinity } }
    return try Tensor(values, shape: [count, keys])
  }
}
