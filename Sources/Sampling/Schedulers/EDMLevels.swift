import Glibc
import Models
import Tensor

/// Noise levels and preconditioning of models that were trained as Karras et al. do ("Elucidating the Design Space of
/// Diffusion-Based Generative Models", 2022, table 1): the model is shown the sample at unit variance and told a quarter of
/// the logarithm of the level.
struct EDMLevels {
  /// Entering each step, and what is left after the last.
  let sigmas: [Float]
  let initialNoiseScale: Float
  private let data: Float
  private let isVelocity: Bool

  /// Of both schedulers.
  static let settings: Set<String> = [
    "final_sigmas_type", "rho", "sigma_data", "sigma_max", "sigma_min", "sigma_schedule",
  ]
  /// They know no timesteps of training.
  static let lacks: Set<String> = [
    "beta_end", "beta_schedule", "beta_start", "steps_offset", "timestep_spacing", "trained_betas",
  ]

  private enum Spread: String, CaseIterable { case karras, exponential }

  init(_ config: SchedulerConfig, steps: Int) throws {
    guard (1...10_000).contains(steps) else {
      throw PipelineError("\(.steps) must be between 1 and 10000, got \(steps)")
    }
    let (low, high) = (
      try config.float("sigma_min", default: 0.002), try config.float("sigma_max", default: 80)
    )
    guard low > 0, high > low else {
      throw config.invalid("sigma_min must be above 0 and below sigma_max, got \(low) and \(high)")
    }
    let (rho, data) = (try config.float("rho", default: 7), try config.float("sigma_data", default: 0.5))
    guard rho > 0, data > 0 else {
      throw config.invalid("rho and sigma_data must be above 0, got \(rho) and \(data)")
    }
    self.data = Float(data)
    switch try config.predictionType() {
    case .epsilon: isVelocity = false
    case .velocity: isVelocity = true
    default:
      throw config.invalid("prediction_type must be epsilon or v_prediction with this scheduler")
    }
    let ramp = (0..<steps).map { steps > 1 ? Double($0) / Double(steps - 1) : 0 }
    let levels =
      switch try config.choice("sigma_schedule", default: Spread.karras) {
      case .karras:
        ramp.map { Float(pow(pow(high, 1 / rho) + $0 * (pow(low, 1 / rho) - pow(high, 1 / rho)), rho)) }
      case .exponential:
        // With one step diffusers starts from the lowest level.
        steps == 1 ? [Float(low)] : ramp.map { Float(exp(log(high) + $0 * (log(low) - log(high)))) }
      }
    let isLowest = try config.choice("final_sigmas_type", default: Sigmas.Final.zero) == .lowest
    sigmas = levels + [isLowest ? levels[levels.count - 1] : 0]
    initialNoiseScale = Float((high * high + 1).squareRoot())
  }

  var timesteps: [Double] { sigmas.dropLast().map { Double(0.25 * log($0)) } }

  /// x = x₀ + sigma · ε
  func level(_ index: Int) -> NoiseLevel { NoiseLevel(added: sigmas[index]) }

  func scaled(_ sample: Tensor, at index: Int) throws -> Tensor {
    try sample.multiplying(1 / deviation(index))
  }

  private func deviation(_ index: Int) -> Float {
    (sigmas[index] * sigmas[index] + data * data).squareRoot()
  }

  /// The clean sample that the model's output speaks of.
  func denoised(_ prediction: Tensor, of sample: Tensor, at index: Int) throws -> Tensor {
    let (sigma, deviation) = (sigmas[index], deviation(index))
    let out = sigma * data / deviation
    return try .combination(
      (data * data / (sigma * sigma + data * data), sample), (isVelocity ? -out : out, prediction))
  }

  func noisy(_ clean: Tensor, _ noise: Tensor, at index: Int) throws -> Tensor {
    try .combination((1, clean), (sigmas[index], noise))
  }
}
