import Tensor

/// Stochastic gradient descent with momentum, as `torch.optim.SGD` (Sutskever et al. 2013, in its form without the
/// learning rate inside the velocity).
public struct SGD: UpdateRule {
  private let momentum, weightDecay: Float
  private let isNesterov: Bool
  private var velocities: [Int: Tensor] = [:]

  /// - Parameter weightDecay: this part of each tensor is added to its gradient.
  /// - Throws: `NeuralError` for a momentum outside of [0, 1) and a negative decay.
  public init(momentum: Double = 0, isNesterov: Bool = false, weightDecay: Double = 0) throws {
    guard (0..<1).contains(momentum) else {
      throw NeuralError("momentum must be at least 0 and below 1, got \(momentum)")
    }
    guard weightDecay >= 0 else {
      throw NeuralError("the weight decay must not be negative, got \(weightDecay)")
    }
    guard !isNesterov || momentum > 0 else { throw NeuralError("nesterov needs a momentum above 0") }
    (self.momentum, self.weightDecay, self.isNesterov) = (Float(momentum), Float(weightDecay), isNesterov)
  }

  public mutating func update(
    _ parameter: Tensor, at index: Int, gradient: Tensor, learningRate: Double
  ) throws {
    var direction = gradient
    if weightDecay > 0 { direction = try direction.adding(parameter.multiplying(weightDecay)) }
    if momentum > 0 {
      let velocity = try velocities[index].map { try $0.multiplying(momentum).adding(direction) } ?? direction
      velocities[index] = try velocity.clone()
      direction = isNesterov ? try direction.adding(velocity.multiplying(momentum)) : velocity
    }
    try parameter.sub_(direction.multiplying(Float(learningRate)))
  }
}
