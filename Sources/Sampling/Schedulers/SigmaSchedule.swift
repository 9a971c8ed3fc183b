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

  /// - Parameters:
  ///   - hasEnds: whether the config's `sigma_min` and `sigma_max` bound levels that do not follow the timesteps
  ///   - spacings: that the scheduler knows
  ///   - roundsTimes: whether the times of Karras' levels are whole
  init(
    _ config: SchedulerConfig, _ schedule: NoiseSchedule, steps: Int, hasEnds: Bool = false,
    spacings: [SigmaSpacing] = [.karras, .exponential, .beta], roundsTimes: Bool = false
  ) throws {
    let count = schedule.trainingSteps
    try TimestepSpacing.check(steps, count)
    let spacing = try config.choice("timestep_spacing", default: TimestepSpacing.linspace)
    let offset = try config.int("steps_offset", default: 0)
    let training = Sigmas(training: schedule.sigmas)
    var times = spacing.timesteps(steps, of: count, last: count, offset: spacing == .leading ? offset : 0)
      .map { Double(Float($0)) }
    var levels = times.map(training.interpolated)
    if hasEnds, try config.choice("interpolation_type", default: Interpolation.linear) == .logLinear {
      levels = Self.logLinear(training.training, count: levels.count + 1)
    }
    if let spacing = try SigmaSpacing.of(config, among: spacings), let first = levels.first,
      let last = levels.last
    {
      levels = spacing.levels(
        from: hasEnds ? try config.float("sigma_max", default: first) : first,
        to: hasEnds ? try config.float("sigma_min", default: last) : last, count: times.count)
      times = levels.map(training.time)
      if roundsTimes, spacing == .karras { times = times.map { $0.rounded(.toNearestOrEven) } }
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

  private enum Interpolation: String, CaseIterable {
    case linear
    case logLinear = "log_linear"
  }

  /// Evenly in the logarithm from the highest level of training to the lowest, which a run then ends with.
  private static func logLinear(_ training: [Float], count: Int) -> [Double] {
    guard let low = training.first, let high = training.last, count > 1 else { return [] }
    let (first, last) = (log(high), log(low))
    let step = (last - first) / Float(count - 1)
    return (0..<count).map { index in
      Double(exp(index < count / 2 ? first + step * Float(index) : last - step * Float(count - 1 - index)))
    }
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
    times = zip(times, sigmas).map { Double(0.25 * log($1)) }
  }
}
