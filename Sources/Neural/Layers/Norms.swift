import Tensor

/// Normalises groups of channels over all positions of a map, then scales and shifts each channel.
public struct GroupNorm {
  public let weight, bias: Tensor
  public let groups: Int
  public let epsilon: Float

  /// Reads `weight` and `bias`, both {channels}; `groups` must divide `channels`.
  public init(_ scope: WeightScope, channels: Int, groups: Int, epsilon: Float) throws {
    guard groups > 0, channels % groups == 0 else {
      throw NeuralError(
        "\(scope.name(of: "weight")): \(channels) channels cannot be normalised in \(groups) groups")
    }
    weight = try scope.tensor("weight", shape: [channels])
    bias = try scope.tensor("bias", shape: [channels])
    self.groups = groups
    self.epsilon = epsilon
  }

  /// - Parameter x: {N, H, W, channels} or {N, L, channels}; the result has the same shape.
  public func callAsFunction(_ x: Tensor, activation: Activation = .identity) throws -> Tensor {
    try x.groupNorm(groups: groups, weight: weight, bias: bias, epsilon: epsilon, activation: activation)
  }
}

/// Normalises the last dimension, then scales and shifts each of its places.
public struct LayerNorm {
  public let weight, bias: Tensor
  public let epsilon: Float

  /// Reads `weight` and `bias`, both {width}.
  public init(_ scope: WeightScope, width: Int, epsilon: Float = 1e-5) throws {
    weight = try scope.tensor("weight", shape: [width])
    bias = try scope.tensor("bias", shape: [width])
    self.epsilon = epsilon
  }

  /// - Parameter x: {…, width}; the result has the same shape.
  public func callAsFunction(_ x: Tensor) throws -> Tensor {
    try x.layerNorm(weight: weight, bias: bias, epsilon: epsilon)
  }
}
