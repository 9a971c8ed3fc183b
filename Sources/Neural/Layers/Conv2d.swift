import Tensor

/// A 2-d convolution over channels-last maps.
public struct Conv2d {
  public let weight: Weight
  public let bias: Tensor?
  public let stride: Int
  public let padding: Padding
  public var outputs: Int { weight.shape[0] }

  /// Reads `weight` {outputs, inputs, kernel, kernel} and `bias` {outputs}.
  ///
  /// - Parameter padding: zeros around the input; by default as many as keep the size at stride 1.
  public init(
    _ scope: WeightScope, inputs: Int, outputs: Int, kernel: Int = 3, stride: Int = 1,
    padding: Padding? = nil,
    bias: Bool = true
  ) throws {
    weight = try scope.weight("weight", shape: [outputs, inputs, kernel, kernel])
    self.bias = bias ? try scope.tensor("bias", shape: [outputs]) : nil
    self.stride = stride
    self.padding = padding ?? .same(kernel / 2)
  }

  /// The layer without its bias: {N, H, W, inputs} to {N, H', W', outputs}.
  public func withoutBias(_ x: Tensor) throws -> Tensor {
    try x.convolution(weight, bias: nil, stride: stride, padding: padding)
  }

  /// - Parameters:
  ///   - x: {N, H, W, inputs}
  ///   - bias: {outputs}, takes the place of the layer's own
  ///   - residual: of the result's shape, added last
  /// - Returns: {N, H', W', outputs}
  public func callAsFunction(
    _ x: Tensor, bias: Tensor? = nil, activation: Activation = .identity, residual: Tensor? = nil
  ) throws -> Tensor {
    try x.convolution(
      weight, bias: bias ?? self.bias, stride: stride, padding: padding, activation: activation,
      residual: residual)
  }
}
