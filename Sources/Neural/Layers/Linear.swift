import Tensor

/// y = activation(x·Wᵀ + b) + residual, over the last dimension.
public struct Linear {
  public let weight: Weight
  public let bias: Tensor?
  public let inputs, outputs: Int

  /// - Parameters:
  ///   - weight: {outputs, inputs}
  ///   - bias: {outputs}
  public init(weight: Tensor, bias: Tensor?) {
    self.init(weight: Weight(weight), bias: bias)
  }

  /// - Parameters:
  ///   - weight: {outputs, inputs}
  ///   - bias: {outputs}
  public init(weight: Weight, bias: Tensor?) {
    self.weight = weight
    self.bias = bias
    (outputs, inputs) = (weight.shape[0], weight.shape[1])
  }

  /// Reads `weight` {outputs, inputs} and `bias` {outputs}.
  ///
  /// - Parameters:
  ///   - bias: whether the layer has one; an adapter may add it
  ///   - pointwise: the file stores the weight as that of a 1 × 1 convolution, {outputs, inputs, 1, 1}.
  public init(
    _ scope: WeightScope, inputs: Int, outputs: Int, bias: Bool = true, pointwise: Bool = false
  ) throws {
    let shape = [outputs, inputs] + (pointwise ? [1, 1] : [])
    self.init(
      weight: try scope.weight("weight", shape: shape, viewed: [outputs, inputs]),
      bias: bias || scope.adds("bias") ? try scope.tensor("bias", shape: [outputs]) : nil)
  }

  /// Several layers over the same input as one: outputs follow one another.
  ///
  /// - Parameter scopes: each with `weight` {outputs, inputs} and `bias` {outputs}.
  public init(joining scopes: [WeightScope], inputs: Int, outputs: Int, bias: Bool) throws {
    let readers = try scopes.map {
      try $0.source.reader(named: $0.name(of: "weight"), shape: [outputs, inputs])
    }
    let hasBias = bias || scopes.contains { $0.adds("bias") }
    let biases = try (hasBias ? scopes : []).map { scope in
      bias || scope.adds("bias") ? try scope.tensor("bias", shape: [outputs]) : try .zeros([outputs])
    }
    self.init(
      weight: Weight(
        shape: [scopes.count * outputs, inputs], pool: scopes.first?.pool,
        reader: WeightReader(joining: readers.map { ($0, outputs) }, width: inputs)),
      bias: hasBias ? try .concatenated(biases, dim: 0) : nil)
  }

  /// - Parameters:
  ///   - x: {…, inputs}
  ///   - residual: {…, outputs}, added last
  /// - Returns: {…, outputs}
  public func callAsFunction(
    _ x: Tensor, activation: Activation = .identity, residual: Tensor? = nil
  ) throws -> Tensor {
    try x.linear(weight, bias: bias, activation: activation, residual: residual)
  }
}
