import Glibc
import Tensor

/// Euler's method on the probability flow in sigma (Karras et al. 2022, algorithm 2 without churn).
public struct EulerScheduler: Scheduler {
  public let timesteps: [Double]
  public let initialNoiseScale: Float
  public let drawsNoise = false

  /// Noise level entering each step, and the one left after the last.
  private let sigmas: [Float]
  private let predictionType: PredictionType

  private enum Interpolation: String, CaseIterable {
    case linear
    case logLinear = "log_linear"
  }

  private enum TimeType: String, CaseIterable { case discrete, continuous }

  public init(_ config: SchedulerConfig, steps: Int, eta: Double = 0) throws {
    guard eta == 0 else { throw PipelineError("the euler scheduler has no eta, got \(eta)") }
    try config.rejectSwitches("use_exponential_sigmas", "use_beta_sigmas")
    let schedule = try NoiseSchedule(config, keepsLastFinite: true)
    let count = schedule.trainingSteps
    try TimestepSpacing.check(steps, count)
    let spacing = try config.choice("timestep_spacing", default: TimestepSpacing.linspace)
    let offset = try config.int("steps_offset", default: 0)
    predictionType = try config.choice("prediction_type", default: PredictionType.epsilon)

    let training = Sigmas(training: schedule.sigmas)
    var times = spacing.timesteps(steps, of: count, last: count, offset: offset).map { Double(Float($0)) }
    var levels: [Double]
    switch try config.choice("interpolation_type", default: Interpolation.linear) {
    case .linear: levels = times.map(training.interpolated)
    case .logLinear:
      throw config.invalid("interpolation_type \"log_linear\" is not supported yet")
    }
    if try config.bool("use_karras_sigmas", default: false), let first = levels.first, let last = levels.last
    {
      levels = try Sigmas.karras(
        from: config.float("sigma_max", default: first), to: config.float("sigma_min", default: last),
        count: levels.count)
      times = levels.map(training.time)
    }
    let final: Float =
      switch try config.choice("final_sigmas_type", default: Sigmas.Final.zero) {
      case .zero: 0
      case .lowest: training.training[0]
      }
    sigmas = levels.map { Float($0) } + [final]
    if try config.choice("timestep_type", default: TimeType.discrete) == .continuous,
      predictionType == .velocity
    {
      times = sigmas.dropLast().map { Double(0.25 * log($0)) }
    }
    timesteps = times.map { Double(Float($0)) }
    let highest = sigmas.max() ?? 1
    initialNoiseScale = spacing == .leading ? (highest * highest + 1).squareRoot() : highest
  }

  public func scaleInput(_ sample: Tensor, at index: Int) throws -> Tensor {
    let sigma = sigmas[index]
    return try sample.dividing((sigma * sigma + 1).squareRoot())
  }

  public func step(
    _ prediction: Tensor, at index: Int, sample: Tensor, noise: Tensor?
  ) throws -> SchedulerStep {
    let sigma = sigmas[index]
    let denoised: Tensor
    switch predictionType {
    case .epsilon: denoised = try sample.subtracting(prediction.multiplying(sigma))
    case .sample: denoised = prediction
    case .velocity:
      let variance = sigma * sigma + 1
      denoised = try prediction.multiplying(-sigma / variance.squareRoot()).adding(sample.dividing(variance))
    }
    let slope = try sample.subtracting(denoised).dividing(sigma)
    let next = try sample.adding(slope.multiplying(sigmas[index + 1] - sigma))
    return SchedulerStep(sample: next, denoised: denoised, noise: slope)
  }

  public func addNoise(_ noise: Tensor, to clean: Tensor, at index: Int) throws -> Tensor {
    try clean.adding(noise.multiplying(sigmas[index]))
  }
}
