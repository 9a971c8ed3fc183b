extension Tensor {
  /// exp(x) / Σ exp(x) along a dimension.
  public func softmax(dim: Int = -1) throws -> Tensor {
    let dim = try Shape.dimension(dim, rank: rank)
    guard count > 0 else { return try .zeros(shape) }
    guard dim != rank - 1 else { return try Compute.backend.softmax(contiguous()) }
    return try Compute.backend.softmax(transposed(dim, -1).contiguous()).transposed(dim, -1)
  }

  /// Gated GELU (Shazeer, arXiv:2002.05202): {…, 2d} → {…, d}, the first half times GELU of the second.
  public func geglu() throws -> Tensor {
    guard rank >= 1, shape[rank - 1] % 2 == 0 else {
      throw TensorError("geglu: an even last dimension expected, got \(Shape.text(shape))")
    }
    guard count > 0 else {
      var halved = shape
      halved[rank - 1] /= 2
      return try .zeros(halved)
    }
    return try Compute.backend.geglu(contiguous())
  }
}
