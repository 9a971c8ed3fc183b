import Glibc
import Tensor

/// Adam (Kingma and Ba, arXiv:1412.6980) and, with decoupled decay, AdamW (Loshchilov and Hutter, arXiv:1711.05101), as
/// `torch.optim.Adam` and `AdamW`.
public struct Adam: UpdateRule {
  private struct Moments {
    var steps = 0
    let first, second: Tensor
  }

  private let betas: (first: Double, second: Double)
  private let epsilon, weightDecay: Double
  private let isDecoupled: Bool
  private var moments: [Int: Moments] = [:]

  /// - Parameters:
  ///   - weightDecay: this part of each tensor is added to its gradient, or,
  ///   - isDecoupled: taken off the tensor itself, times the learning rate (AdamW).
  /// - Throws: `NeuralError` for betas outside of [0, 1), an epsilon or a decay below 0.
  public init(
    betas: (Double, Double) = (0.9, 0.999), epsilon: Double = 1e-8, weightDecay: Double = 0,
    isDecoupled: Bool = false
  ) throws {
    for beta in [betas.0, betas.1] where !(0..<1).contains(beta) {
      throw NeuralError("betas must be at least 0 and below 1, got \(beta)")
    }
    guard epsilon >= 0 else { throw NeuralError("eps must not be negative, got \(epsilon)") }
    guard weightDecay >= 0 else {
      throw NeuralError("the weight decay must not be negative, got \(weightDecay)")
    }
    (self.betas, self.epsilon) = (betas, epsilon)
    (self.weightDecay, self.isDecoupled) = (weightDecay, isDecoupled)
  }

  public mutating func update(
    _ parameter: Tensor, at index: Int, gradient: Tensor, learningRate: Double
  ) throws {
    var gradient = gradient
    if weightDecay > 0 {
      if isDecoupled {
        try parameter.mul_(Float(1 - learningRate * weightDecay))
      } else {
        gradient = try gradient.adding(parameter.multiplying(Float(weightDecay)))
      }
    }
    var state =
      try moments[index] ?? Moments(first: .zeros(parameter.shape), second: .zeros(parameter.shape))
    state.steps += 1
    moments[index] = state
    try state.first.mul_(Float(betas.first)).add_(gradient.multiplying(Float(1 - betas.first)))
    try state.second.mul_(Float(betas.second)).add_(gradient.square().multiplying(Float(1 - betas.second)))
    // Early on the means are too small, as they started at 0.
    let firstShare = 1 - pow(betas.first, Double(state.steps))
    let secondShare = 1 - pow(betas.second, Double(state.steps))
    let spread = try state.second.sqrt().dividing(Float(secondShare.squareRoot())).adding(Float(epsilon))
    try parameter.sub_(state.first.dividing(spread).multiplying(Float(learningRate / firstShare)))
  }
}
