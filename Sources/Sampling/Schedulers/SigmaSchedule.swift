import Glibc
import Tensor

/// Timesteps and noise levels of a run for the schedulers that work on x = x₀ + sigma · ε (Karras et al. 2022).
struct SigmaSchedule {
  /// The model's time at each step, descending.
  private(set) var times: [Double]
  /// Noise level entering each step, and the one left after the last.
  let sigmas: [Float]
  /// Standard deviation of the noise with which the first step starts.
  let initialNoiseScale: Float

  /// - Parameter karrasEnds: whether the config's `sigma_min` and `sigma_max` bound Karras' levels.
  init(_ config: SchedulerConfig, _ schedule: NoiseSchedule, steps: Int, karrasEnds: Bool = false) throws {
    let count = schedule.trainingSteps
    try TimestepSpacing.check(steps, count)
    let spacing = try config.choice("timestep_spacing", default: TimestepSpacing.linspace)
    let offset = try config.int("steps_offset", default: 0)
    let training = Sigmas(training: schedule.sigmas)
    var times = spacing.timesteps(steps, of: count, last: count, offset: spacing == .leading ? offset : 0)
      .map { Double(Float($0)) }
    var levels = times.map(training.interpolated)
    if try config.bool("use_karras_sigmas", default: false), let first = levels.first, let last = levels.last
    {
      levels = Sigmas.karras(
        from: karrasEnds ? try config.float("sigma_max", default: first) : first,
        to: karrasEnds ? try config.float("sigma_min", default: last) : last, count: levels.count)
      times = levels.map(training.time)
    }
    let final: Float =
      switch try config.choice("final_sigmas_type", default: Sigmas.Final.zero) {
      case .zero: 0
      case .lowest: training.training[0]
      }
    sigmas = levels.map { Float($0) } + [final]
    self.times = times.map { Double(Float($0)) }
    let highest = sigmas.max() ?? 1
    initialNoiseScale = spacing == .leading ? (highest * highest + 1).squareRoot() : highest
  }

  /// What the model sees at a step: the sample at unit variance.
  func scaled(_ sample: Tensor, at index: Int) throws -> Tensor {
    let sigma = sigmas[index]
    return try sample.dividing((sigma * sigma + 1).squareRoot())
  }

  func noisy(_ clean: Tensor, _ noise: Tensor, at index: Int) throws -> Tensor {
    try .combination((1, clean), (sigmas[index], noise))
  }

  /// Models trained on continuous time are told the logarithm of the noise level.
  mutating func useContinuousTime() {
    times = sigmas.dropLast().map { Double(0.25 * log($0)) }
  }
}
