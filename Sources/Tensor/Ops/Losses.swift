import Glibc

/// Logarithms of sums, and the losses made of them.
extension Tensor {
  /// log Σ exp(x) over some dimensions, all unless given, without overflow.
  public func logSumExp(dims: [Int]? = nil, keepDim: Bool = false) throws -> Tensor {
    let all = dims ?? Array(0..<rank)
    // Any shift gives the same; an infinite one would give none.
    let top = try all.sorted().reduce(detached) { try $0.max(dim: $1, keepDim: true) }
    let finite = try top.abs().less(than: .infinity)
    let shift = try top.selected(where: finite, else: .scalar(0))
    let sum = try subtracting(shift).exp().sum(dims: all, keepDim: true).log().adding(shift)
    guard !keepDim else { return sum }
    return try sum.reshaped(shape.indices.filter { !all.contains($0) }.map { shape[$0] })
  }

  /// The logarithm of softmax along a dimension.
  public func logSoftmax(dim: Int) throws -> Tensor { try subtracting(logSumExp(dims: [dim], keepDim: true)) }

  public enum LossReduction: String, CaseIterable, Sendable { case mean, sum, none }

  /// -Σ target · log softmax(x) for logits {n, classes}.
  ///
  /// - Parameters:
  ///   - targets: probabilities, {n, classes}
  ///   - smoothing: how much of each target is spread over all classes
  public func crossEntropy(_ targets: Tensor, smoothing: Float = 0, reduction: LossReduction = .mean) throws
    -> Tensor
  {
    guard rank == 2, targets.shape == shape else {
      throw TensorError(
        "cross entropy: logits {n, classes} and targets of the same shape expected, got \(Shape.text(shape)) and \(Shape.text(targets.shape))"
      )
    }
    let soft =
      smoothing == 0 ? targets : try targets.multiplying(1 - smoothing).adding(smoothing / Float(shape[1]))
    // 0 · log 0 is 0: where nothing is expected, nothing counts.
    let logs = try logSoftmax(dim: 1)
    let counted = try Tensor.scalar(0).selected(where: soft.equal(to: 0), else: logs.multiplying(soft))
    let losses = try counted.sum(dim: 1).negated()
    switch reduction {
    case .none: return losses
    case .sum: return try losses.sum()
    case .mean: return try losses.mean()
    }
  }

  /// x · y / (|x| |y|) along a dimension, each length at least `epsilon`.
  public func cosineSimilarity(_ other: Tensor, dim: Int, epsilon: Float = 1e-8) throws -> Tensor {
    let product = try multiplying(other).sum(dim: dim)
    let lengths = try expanded(Shape.broadcast(shape, other.shape)).norm(dim: dim).maximum(epsilon)
      .multiplying(other.expanded(Shape.broadcast(shape, other.shape)).norm(dim: dim).maximum(epsilon))
    return try product.dividing(lengths)
  }

  /// a + w · (b - a), from the nearer end (`torch.lerp`).
  public func lerp(_ end: Tensor, _ weight: Float) throws -> Tensor {
    let way = try end.subtracting(self)
    return weight < 0.5
      ? try adding(way.multiplying(weight)) : try end.subtracting(way.multiplying(1 - weight))
  }

  public func lerp(_ end: Tensor, _ weight: Tensor) throws -> Tensor {
    try adding(end.subtracting(self).multiplying(weight))
  }

  /// The point on the arc from this tensor to another of the same shape, both seen as one vector (Shoemake 1985): sin((1-w)Ω)/sin Ω · a +
  /// sin(wΩ)/sin Ω · b for the angle Ω between them. A straight line where they point the same way.
  public func slerp(_ end: Tensor, _ weight: Float) throws -> Tensor {
    guard shape == end.shape else {
      throw TensorError("slerp: shape \(Shape.text(shape)) expected, got \(Shape.text(end.shape))")
    }
    let lengths = try norm().multiplying(end.norm())
    let cosine = try multiplying(end).sum().dividing(lengths.maximum(1e-30))
    guard try Swift.abs(cosine.detached.item()) < 0.9995 else { return try lerp(end, weight) }
    let angle = try cosine.arcCosine()
    let sine = try angle.sin()
    return try multiplying(angle.multiplying(1 - weight).sin().dividing(sine))
      .adding(end.multiplying(angle.multiplying(weight).sin().dividing(sine)))
  }

  /// Of one number within (-1, 1).
  private func arcCosine() throws -> Tensor {
    let x = kept
    return try Tensor.scalar(Glibc.acos(detached.item())).recorded(from: self) { gradient in
      try gradient.dividing(x().square().subtracted(from: 1).sqrt()).negated()
    }
  }
}
