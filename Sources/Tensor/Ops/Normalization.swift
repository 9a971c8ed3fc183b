extension Tensor {
  /// Group normalisation (Wu and He, arXiv:1803.08494) of channels-last {n, …, c}, then the activation.
  public func groupNorm(
    groups: Int, weight: Tensor, bias: Tensor, epsilon: Float, activation: Activation = .identity
  ) throws -> Tensor {
    guard rank >= 2 else {
      throw TensorError("group norm: {n, …, channels} expected, got \(Shape.text(shape))")
    }
    let channels = shape[rank - 1]
    guard groups >= 1 && channels % groups == 0 else {
      throw TensorError("group norm: \(channels) channels cannot be divided into \(groups) groups")
    }
    try checkAffine("group norm", weight, bias, width: channels)
    guard count > 0 else { return try .zeros(shape, recordedFrom: [self, weight, bias]) }
    let x = try detached.contiguous().viewed([shape[0], count / shape[0] / channels, channels])
    let (scale, shift) = try (weight.detached.contiguous(), bias.detached.contiguous())
    let (keptX, keptScale, keptShift) = (x.kept, scale.kept, shift.kept)
    return try Compute.backend.groupNorm(
      x, groups: groups, weight: scale, bias: shift, epsilon: epsilon, activation: activation
    ).viewed(shape).recorded(from: [node, weight.node, bias.node]) { [shape] gradient, wanted in
      let (x, scale, shift) = try (keptX(), keptScale(), keptShift())
      let g = try gradient.contiguous().viewed(x.shape)
      var parts: [Tensor?] = [nil, nil, nil]
      if wanted[0] {
        parts[0] = try Compute.backend.groupNormGradient(
          g, input: x, groups: groups, weight: scale, bias: shift, epsilon: epsilon, activation: activation
        ).viewed(shape)
      }
      if wanted[1] || wanted[2] {
        let unit = try x.groupNorm(
          groups: groups, weight: .ones([channels]), bias: .zeros([channels]), epsilon: epsilon)
        let inner = try unit.multiplying(scale).adding(shift).activationGradient(activation, g)
        parts[1] = try inner.multiplying(unit).sum(dims: [0, 1])
        parts[2] = try inner.sum(dims: [0, 1])
      }
      return parts
    }
  }

  /// Layer normalisation (Ba et al., arXiv:1607.06450) over the last dimension.
  public func layerNorm(weight: Tensor, bias: Tensor, epsilon: Float) throws -> Tensor {
    guard rank >= 1 else { throw TensorError("layer norm: at least one dimension expected, got a scalar") }
    try checkAffine("layer norm", weight, bias, width: shape[rank - 1])
    guard count > 0 else { return try .zeros(shape, recordedFrom: [self, weight, bias]) }
    let (x, scale) = try (detached.contiguous(), weight.detached.contiguous())
    let (keptX, keptScale, width) = (x.kept, scale.kept, shape[rank - 1])
    return try Compute.backend.layerNorm(x, weight: scale, bias: bias.detached.contiguous(), epsilon: epsilon)
      .recorded(from: [node, weight.node, bias.node]) { gradient, wanted in
        let (x, g) = try (keptX(), gradient.contiguous())
        var parts: [Tensor?] = [nil, nil, nil]
        if wanted[0] {
          parts[0] = try Compute.backend.layerNormGradient(g, input: x, weight: keptScale(), epsilon: epsilon)
        }
        if wanted[1] {
          let unit = try x.layerNorm(weight: .ones([width]), bias: .zeros([width]), epsilon: epsilon)
          parts[1] = try g.multiplying(unit).summed(to: [width])
        }
        if wanted[2] { parts[2] = try g.summed(to: [width]) }
        return parts
      }
  }

  private func checkAffine(_ name: String, _ weight: Tensor, _ bias: Tensor, width: Int) throws {
    guard weight.shape == [width] && bias.shape == [width] else {
      throw TensorError(
        "\(name): weight and bias must be {\(width)} for \(Shape.text(shape)), "
          + "got \(Shape.text(weight.shape)) and \(Shape.text(bias.shape))")
    }
  }
}
