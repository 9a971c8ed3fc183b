import Tensor

/// Moves marked tensors against their gradients, in place.
public final class Optimizer {
  public let parameters: [Tensor]
  public var learningRate: Double
  /// What the learning rate is multiplied with at each step, counted from 0.
  public var schedule: (Int) throws -> Double
  /// How many steps have been taken.
  public private(set) var steps = 0
  private var rule: any UpdateRule

  /// - Throws: `NeuralError` if there is no parameter, or one that was not marked as requiring a gradient.
  public init(
    _ parameters: [Tensor], _ rule: any UpdateRule, learningRate: Double,
    schedule: @escaping (Int) throws -> Double = { _ in 1 }
  ) throws {
    guard !parameters.isEmpty else { throw NeuralError("an optimizer needs at least one tensor") }
    if let wrong = parameters.firstIndex(where: { !$0.isLeaf }) {
      throw NeuralError(
        parameters[wrong].requiresGradient
          ? "tensor \(wrong + 1) was computed: only one that was marked itself can be optimized (detach it first)"
          : "tensor \(wrong + 1) does not require a gradient: mark it first")
    }
    guard learningRate >= 0, learningRate.isFinite else {
      throw NeuralError("the learning rate must be at least 0, got \(learningRate)")
    }
    self.parameters = parameters
    self.rule = rule
    self.learningRate = learningRate
    self.schedule = schedule
  }

  /// One step; tensors without a gradient stay as they are.
  public func step() throws {
    let rate = try learningRate * schedule(steps)
    try Gradients.withoutRecording {
      for (index, parameter) in parameters.enumerated() {
        guard let gradient = parameter.gradient else { continue }
        try rule.update(parameter.detached, at: index, gradient: gradient, learningRate: rate)
      }
    }
    steps += 1
  }

  /// Forgets the gradients.
  public func clearGradients() throws {
    for parameter in parameters { try parameter.setGradient(nil) }
  }
}

/// How a gradient changes a tensor. Keeps what it remembers of earlier gradients by the tensor's number.
public protocol UpdateRule {
  mutating func update(_ parameter: Tensor, at index: Int, gradient: Tensor, learningRate: Double) throws
}
