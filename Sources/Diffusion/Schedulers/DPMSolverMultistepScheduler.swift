import Glibc
import Tensor

/// DPM-Solver++ of first or second order, multistep (Lu et al., "DPM-Solver++", 2022, algorithm 2).
///
/// The second-order step needs the prediction of the step before: a run that starts in the middle begins with a
/// first-order step.
public struct DPMSolverMultistepScheduler: Scheduler {
  public let timesteps: [Double]
  public let initialNoiseScale: Float = 1
  public let drawsNoise = false

  /// Noise level entering each step, and the one left after the last.
  private let sigmas: [Float]
  private let predictionType: PredictionType
  private let order: Int
  private let solver: Solver
  private let lastIsFirstOrder: Bool
  /// The clean sample predicted by the step before.
  private var earlier: (index: Int, denoised: Tensor)?

  private enum Algorithm: String, CaseIterable { case plusPlus = "dpmsolver++" }
  private enum Solver: String, CaseIterable { case midpoint, heun }

  /// A noise level as signal, noise and half their log ratio.
  private struct Level {
    let alpha, sigma, lambda: Float

    init(_ ratio: Float) {
      alpha = 1 / (ratio * ratio + 1).squareRoot()
      sigma = ratio * alpha
      lambda = log(alpha) - log(sigma)
    }
  }

  public init(_ config: SchedulerConfig, steps: Int, eta: Double = 0) throws {
    guard eta == 0 else { throw PipelineError("the dpmsolver++ scheduler has no eta, got \(eta)") }
    try config.rejectSwitches(
      "use_exponential_sigmas", "use_beta_sigmas", "use_lu_lambdas", "use_flow_sigmas", "thresholding",
      "use_dynamic_shifting")
    let schedule = try NoiseSchedule(config, keepsLastFinite: true)
    let count = schedule.trainingSteps
    try TimestepSpacing.check(steps, count)
    _ = try config.choice("algorithm_type", default: Algorithm.plusPlus)
    solver = try config.choice("solver_type", default: Solver.midpoint)
    order = try config.int("solver_order", default: 2)
    guard (1...2).contains(order) else { throw config.invalid("solver_order must be 1 or 2, got \(order)") }
    predictionType = try config.choice("prediction_type", default: PredictionType.epsilon)

    let training = Sigmas(training: schedule.sigmas)
    // Timesteps below the clip, which matter for the cosine schedule only, are left out.
    let clip = Float(try config.float("lambda_min_clipped", default: -.infinity))
    let clipped = schedule.alphasCumprod.filter { log($0.squareRoot()) - log((1 - $0).squareRoot()) < clip }
    let last = count - clipped.count
    guard last > steps else {
      throw PipelineError("steps must be below \(last) with this scheduler, got \(steps)")
    }
    let spacing = try config.choice("timestep_spacing", default: TimestepSpacing.linspace)
    var times = try spacing.timesteps(
      steps, of: count, last: last, extra: spacing == .trailing ? 0 : 1,
      offset: spacing == .leading ? config.int("steps_offset", default: 0) : 0
    ).map { $0.rounded(.toNearestOrEven) }
    var levels = times.map(training.interpolated)
    if try config.bool("use_karras_sigmas", default: false) {
      levels = Sigmas.karras(
        from: Double(training.training[count - 1]), to: Double(training.training[0]), count: steps)
      let round = try config.choice("beta_schedule", default: NoiseSchedule.BetaSchedule.linear) != .cosine
      times = levels.map(training.time).map { round ? $0.rounded(.toNearestOrEven) : $0.rounded(.down) }
    }
    let final = try config.choice("final_sigmas_type", default: Sigmas.Final.zero)
    sigmas = levels.map { Float($0) } + [final == .zero ? 0 : training.training[0]]
    timesteps = times
    lastIsFirstOrder =
      try final == .zero || config.bool("euler_at_final", default: false)
      || (config.bool("lower_order_final", default: true) && times.count < 15)
  }

  public func scaleInput(_ sample: Tensor, at index: Int) throws -> Tensor { sample }

  public mutating func step(
    _ prediction: Tensor, at index: Int, sample: Tensor, noise: Tensor?
  ) throws -> SchedulerStep {
    let here = Level(sigmas[index])
    let next = Level(sigmas[index + 1])
    let denoised: Tensor
    let epsilon: Tensor
    switch predictionType {
    case .epsilon:
      denoised = try sample.subtracting(prediction.multiplying(here.sigma)).dividing(here.alpha)
      epsilon = prediction
    case .sample:
      denoised = prediction
      epsilon = try sample.subtracting(prediction.multiplying(here.alpha)).dividing(here.sigma)
    case .velocity:
      denoised = try sample.multiplying(here.alpha).subtracting(prediction.multiplying(here.sigma))
      epsilon = try prediction.multiplying(here.alpha).adding(sample.multiplying(here.sigma))
    }

    let h = next.lambda - here.lambda
    let decay = exp(-h) - 1
    var result = try sample.multiplying(next.sigma / here.sigma)
      .subtracting(denoised.multiplying(next.alpha * decay))
    let isLast = index == timesteps.count - 1
    if order == 2, let earlier, earlier.index == index - 1, !(isLast && lastIsFirstOrder) {
      let ratio = (here.lambda - Level(sigmas[index - 1]).lambda) / h
      let change = try denoised.subtracting(earlier.denoised).multiplying(1 / ratio)
      switch solver {
      case .midpoint: result = try result.subtracting(change.multiplying(0.5 * (next.alpha * decay)))
      case .heun: result = try result.adding(change.multiplying(next.alpha * (decay / h + 1)))
      }
    }
    earlier = (index, denoised)
    return SchedulerStep(sample: result, denoised: denoised, noise: epsilon)
  }

  public func addNoise(_ noise: Tensor, to clean: Tensor, at index: Int) throws -> Tensor {
    let level = Level(sigmas[index])
    return try clean.multiplying(level.alpha).adding(noise.multiplying(level.sigma))
  }
}
