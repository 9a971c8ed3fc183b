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
    guard count > 0 else { return try .zeros(shape) }
    let x = try contiguous().viewed([shape[0], count / shape[0] / channels, channels])
    return try Compute.backend.groupNorm(
      x, groups: groups, weight: weight.contiguous(), bias: bias.contiguous(), epsilon: epsilon,
      activation: activation
    ).viewed(shape)
  }

  /// Layer normalisation (Ba et al., arXiv:1607.06450) over the last dimension.
  public func layerNorm(weight: Tensor, bias: Tensor, epsilon: Float) throws -> Tensor {
    guard rank >= 1 else { throw TensorError("layer norm: at least one dimension expected, got a scalar") }
    try checkAffine("layer norm", weight, bias, width: shape[rank - 1])
    guard count > 0 else { return try .zeros(shape) }
    return try Compute.backend.layerNorm(
      contiguous(), weight: weight.contiguous(), bias: bias.contiguous(), epsilon: epsilon)
  }

  private func checkAffine(_ name: String, _ weight: Tensor, _ bias: Tensor, width: Int) throws {
    guard weight.shape == [width] && bias.shape == [width] else {
      throw TensorError(
        "\(name): weight and bias must be {\(width)} for \(Shape.text(shape)), "
          + "got \(Shape.text(weight.shape)) and \(Shape.text(bias.shape))")
    }
  }
}
