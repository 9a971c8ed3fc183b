extension Tensor {
  /// exp(x) / Σ exp(x) along a dimension.
  public func softmax(dim: Int = -1) throws -> Tensor {
    let dim = try Shape.dimension(dim, rank: rank)
    guard count > 0 else { return try .zeros(shape, recordedFrom: [self]) }
    let rows = try detached.transposed(dim, -1).contiguous()
    let result = try Compute.backend.softmax(rows)
    let p = result.kept
    return try result.transposed(dim, -1).recorded(from: self) { gradient in
      let gradient = try gradient.transposed(dim, -1).contiguous()
      return try Compute.backend.softmaxGradient(gradient, result: p()).transposed(dim, -1)
    }
  }

  /// Gated GELU (Shazeer, arXiv:2002.05202): {…, 2d} → {…, d}, the first half times GELU of the second.
  public func geglu() throws -> Tensor {
    guard rank >= 1, shape[rank - 1] % 2 == 0 else {
      throw TensorError("geglu: an even last dimension expected, got \(Shape.text(shape))")
    }
    guard count > 0 else {
      var halved = shape
      halved[rank - 1] /= 2
      return try .zeros(halved, recordedFrom: [self])
    }
    let x = try detached.contiguous()
    let kept = x.kept
    return try Compute.backend.geglu(x).recorded(from: self) {
      try Compute.backend.gegluGradient($0.contiguous(), input: kept())
    }
  }
}
