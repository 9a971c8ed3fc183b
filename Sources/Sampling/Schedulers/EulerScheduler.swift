import Tensor

/// Euler's method on the probability flow in sigma (Karras et al. 2022, algorithm 2 without churn).
public struct EulerScheduler: ConfiguredScheduler {
  public var timesteps: [Double] { schedule.times }
  public var initialNoiseScale: Float { schedule.initialNoiseScale }
  public let drawsNoise = false

  private var schedule: SigmaSchedule
  private let predictionType: PredictionType

  private enum TimeType: String, CaseIterable { case discrete, continuous }

  public static let settings: Set<String> = [
    "final_sigmas_type", "interpolation_type", "rescale_betas_zero_snr", "sigma_max", "sigma_min",
    "timestep_type", "use_beta_sigmas", "use_exponential_sigmas", "use_karras_sigmas",
  ]

  public init(_ config: SchedulerConfig, steps: Int, eta: Double = 0) throws {
    try config.rejectEta(eta, "euler")
    predictionType = try config.predictionType()
    schedule = try SigmaSchedule(
      config, NoiseSchedule(config, keepsLastFinite: true), steps: steps, hasEnds: true)
    if try config.choice("timestep_type", default: TimeType.discrete) == .continuous,
      predictionType == .velocity
    {
      guard config.string("interpolation_type") != "log_linear" else {
        throw config.invalid(
          "interpolation_type = \"log_linear\" with timestep_type = \"continuous\" is not supported")
      }
      schedule.useContinuousTime()
    }
  }

  public func scaleInput(_ sample: Tensor, at index: Int) throws -> Tensor {
    try schedule.scaled(sample, at: index)
  }

  public func step(
    _ prediction: Tensor, at index: Int, sample: Tensor, noise: Tensor?
  ) throws -> SchedulerStep {
    let sigma = schedule.sigmas[index]
    let denoised = try predictionType.denoised(prediction, of: sample, sigma: sigma)
    let slope = try sample.subtracting(denoised).dividing(sigma)
    let next = try Tensor.combination((1, sample), (schedule.sigmas[index + 1] - sigma, slope))
    return SchedulerStep(sample: next, denoised: denoised, noise: slope)
  }

  public func addNoise(_ noise: Tensor, to clean: Tensor, at index: Int) throws -> Tensor {
    try schedule.noisy(clean, noise, at: index)
  }
}
