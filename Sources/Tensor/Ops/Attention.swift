extension Tensor {
  /// softmax(scale·q·kᵀ)·v in each head, the probabilities never whole in memory.
  ///
  /// - query {n, lq, heads·d}, key and value {n, lk, heads·d}: the heads side by side, as projections leave them.
  /// - sums {n, heads, lq, lk}: gets the probabilities added, which costs little while they are at hand.
  /// - Returns {n, lq, heads·d}. Views narrowed in any dimension are read in place.
  public static func attention(
    query: Tensor, key: Tensor, value: Tensor, heads: Int, scale: Float, mask: AttentionMask = .none,
    addingProbabilitiesTo sums: Tensor? = nil
  ) throws -> Tensor {
    let (q, k) = try checked(query, key, heads)
    guard value.shape == key.shape else {
      throw TensorError(
        "attention: key \(Shape.text(key.shape)) and value \(Shape.text(value.shape)) must have the same shape"
      )
    }
    if let sums { try check(sums: sums, query, key, heads) }
    guard query.count > 0 && key.count > 0 else {
      return try .zeros(query.shape, recordedFrom: [query, key, value])
    }
    let v = try value.detached.withContiguousRows()
    let (keptQ, keptK, keptV) = (q.kept, k.kept, v.kept)
    return try Compute.backend.attention(
      query: q, key: k, value: v, heads: heads, scale: scale, mask: mask, sums: sums
    ).recorded(from: [query, key, value]) { gradient, _ in
      let parts = try Compute.backend.attentionGradient(
        gradient.contiguous(), query: keptQ(), key: keptK(), value: keptV(), heads: heads, scale: scale,
        mask: mask)
      return [parts.query, parts.key, parts.value]
    }
  }

  /// softmax(scale·q·kᵀ) {n, heads, lq, lk}: the numbers that `attention` adds to its sums.
  public static func attentionProbabilities(
    query: Tensor, key: Tensor, heads: Int, scale: Float, mask: AttentionMask = .none
  ) throws -> Tensor {
    let (q, k) = try checked(query, key, heads)
    let sums = try Tensor.zeros([query.shape[0], heads, query.shape[1], key.shape[1]])
    guard query.count > 0 && key.count > 0 else { return try .zeros(sums.shape, recordedFrom: [query, key]) }
    try Compute.backend.addProbabilities(query: q, key: k, heads: heads, scale: scale, mask: mask, sums: sums)
    let (keptQ, keptK, p) = (q.kept, k.kept, sums.kept)
    return sums.recorded(from: [query, key]) { gradient, wanted in
      // Of the scores, then of the two factors in each head. A masked probability is 0, and so is its score's.
      let scores = try Compute.backend.softmaxGradient(gradient.contiguous(), result: p()).mul_(scale)
      let (q, k) = try (keptQ().split(heads: heads), keptK().split(heads: heads))
      return [
        wanted[0] ? try scores.matmul(k).joinedHeads() : nil,
        wanted[1] ? try scores.transposed(2, 3).matmul(q).joinedHeads() : nil,
      ]
    }
  }

  /// The second half of attention: {n, heads, lq, lk}·{n, lk, heads·d} → {n, lq, heads·d}.
  public static func attend(_ probabilities: Tensor, _ value: Tensor) throws -> Tensor {
    guard probabilities.rank == 4, value.rank == 3, probabilities.shape[0] == value.shape[0],
      probabilities.shape[3] == value.shape[1], probabilities.shape[1] > 0,
      value.shape[2] % probabilities.shape[1] == 0
    else {
      throw TensorError(
        "attention: probabilities {n, heads, queries, keys} and values {n, keys, heads·d} expected, "
          + "got \(Shape.text(probabilities.shape)) and \(Shape.text(value.shape))")
    }
    let v = try value.withContiguousRows().split(heads: probabilities.shape[1])
    return try probabilities.matmul(v).joinedHeads()
  }

  private static func checked(_ query: Tensor, _ key: Tensor, _ heads: Int) throws -> (Tensor, Tensor) {
    guard query.rank == 3 && key.rank == 3 && query.shape[0] == key.shape[0] && query.shape[2] == key.shape[2]
    else {
      throw TensorError(
        "attention: query {n, queries, width} and key {n, keys, width} expected, "
          + "got \(Shape.text(query.shape)) and \(Shape.text(key.shape))")
    }
    guard heads >= 1 && query.shape[2] % heads == 0 else {
      throw TensorError("attention: a width of \(query.shape[2]) cannot be divided into \(heads) heads")
    }
    return (try query.detached.withContiguousRows(), try key.detached.withContiguousRows())
  }

  private static func check(sums: Tensor, _ query: Tensor, _ key: Tensor, _ heads: Int) throws {
    let wanted = [query.shape[0], heads, query.shape[1], key.shape[1]]
    guard sums.shape == wanted else {
      throw TensorError(
        "attention: the sums must be \(Shape.text(wanted)), got \(Shape.text(sums.shape))")
    }
    guard sums.count == 0 || (sums.shape[0] == 1 || sums.strides[0] != 0),
      try sums.shape[0] == 0 || sums.selected(0, 0).isContiguous
    else {
      throw TensorError("attention: the maps of each image in the sums must be contiguous")
    }
  }

  /// {n, l, heads·d} → a view {n, heads, l, d}.
  func split(heads: Int) throws -> Tensor {
    try reshaped([shape[0], shape[1], heads, shape[2] / heads]).permuted([0, 2, 1, 3])
  }

  /// {n, heads, l, d} → {n, l, heads·d}.
  func joinedHeads() throws -> Tensor {
    try permuted([0, 2, 1, 3]).reshaped([shape[0], shape[2], shape[1] * shape[3]])
  }

  private func withContiguousRows() throws -> Tensor {
    shape[rank - 1] == 1 || strides[rank - 1] == 1 ? self : try contiguous()
  }
}
