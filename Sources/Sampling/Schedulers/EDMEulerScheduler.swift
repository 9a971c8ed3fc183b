import Tensor

/// Euler's method in sigma for models that were trained as Karras et al. (2022) do, algorithm 2 there without churn.
public struct EDMEulerScheduler: ConfiguredScheduler {
  public var timesteps: [Double] { levels.timesteps }
  public var initialNoiseScale: Float { levels.initialNoiseScale }
  public let drawsNoise = false

  private let levels: EDMLevels

  public static let settings = EDMLevels.settings
  public static let lacks = EDMLevels.lacks

  public init(_ config: SchedulerConfig, steps: Int, eta: Double = 0) throws {
    try config.rejectEta(eta, "edm_euler")
    levels = try EDMLevels(config, steps: steps)
  }

  public func scaleInput(_ sample: Tensor, at index: Int) throws -> Tensor {
    try levels.scaled(sample, at: index)
  }

  public func step(
    _ prediction: Tensor, at index: Int, sample: Tensor, noise: Tensor?
  ) throws -> SchedulerStep {
    let sigma = levels.sigmas[index]
    let denoised = try levels.denoised(prediction, of: sample, at: index)
    let slope = try sample.subtracting(denoised).dividing(sigma)
    let next = try Tensor.combination((1, sample), (levels.sigmas[index + 1] - sigma, slope))
    return SchedulerStep(sample: next, denoised: denoised, noise: slope)
  }

  public func addNoise(_ noise: Tensor, to clean: Tensor, at index: Int) throws -> Tensor {
    try levels.noisy(clean, noise, at: index)
  }
}
