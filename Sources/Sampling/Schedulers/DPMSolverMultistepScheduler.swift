import Glibc
import Tensor

/// DPM-Solver++ of first to third order, multistep (Lu et al., "DPM-Solver++", 2022, algorithm 2), as an ordinary
/// differential equation or, with `sde-dpmsolver++`, a stochastic one (appendix B there).
///
/// Orders above the first need the predictions of the steps before: a run that starts in the middle begins with a
/// first-order step.
public struct DPMSolverMultistepScheduler: ConfiguredScheduler {
  public var timesteps: [Double] { schedule.timesteps }
  public let initialNoiseScale: Float = 1
  public var drawsNoise: Bool { algorithm == .stochastic }

  private let schedule: SolverSchedule
  private let predictionType: PredictionType
  private let algorithm: Algorithm
  private let order: Int
  private let solver: Solver
  private let lastIsFirstOrder, lastButOneIsSecondOrder: Bool
  /// Clean samples predicted by the steps before, the latest first, and the step of the latest.
  private var history: [Tensor] = []
  private var latest = -1

  private enum Algorithm: String, CaseIterable {
    case ordinary = "dpmsolver++"
    case stochastic = "sde-dpmsolver++"
  }
  private enum Solver: String, CaseIterable { case midpoint, heun }

  public static let settings: Set<String> = [
    "dynamic_thresholding_ratio", "final_sigmas_type", "flow_shift", "lower_order_final",
    "rescale_betas_zero_snr", "sample_max_value", "solver_order", "solver_type", "thresholding",
    "time_shift_type", "use_beta_sigmas", "use_dynamic_shifting", "use_exponential_sigmas", "use_flow_sigmas",
    "use_karras_sigmas", "algorithm_type", "euler_at_final", "lambda_min_clipped", "use_lu_lambdas",
    "variance_type",
  ]

  public init(_ config: SchedulerConfig, steps: Int, eta: Double = 0) throws {
    try config.rejectEta(eta, "dpmsolver++")
    try config.rejectSwitches(
      "use_exponential_sigmas", "use_beta_sigmas", "use_lu_lambdas", "use_flow_sigmas", "thresholding",
      "use_dynamic_shifting")
    algorithm = try config.choice("algorithm_type", default: Algorithm.ordinary)
    // Settings of other solvers stand for the default, as in diffusers.
    let others = ["logrho", "bh1", "bh2"]
    let config =
      config.string("solver_type").map(others.contains) == true ? config.dropping(["solver_type"]) : config
    solver = try config.choice("solver_type", default: Solver.midpoint)
    if let variance = config.string("variance_type"), variance.hasPrefix("learned") {
      throw config.invalid(
        "variance_type = \"\(variance)\" is not supported: the model would predict its variance too")
    }
    order = try config.int("solver_order", default: 2)
    guard (1...3).contains(order) else {
      throw config.invalid("solver_order must be 1, 2 or 3, got \(order)")
    }
    predictionType = try config.choice("prediction_type", default: PredictionType.epsilon)
    let schedule = try SolverSchedule(
      config, NoiseSchedule(config, keepsLastFinite: true), steps: steps, kind: .dpmSolver)
    self.schedule = schedule
    let lowersOrder = try config.bool("lower_order_final", default: true) && schedule.timesteps.count < 15
    lastIsFirstOrder =
      try lowersOrder || schedule.sigmas.last == 0 || config.bool("euler_at_final", default: false)
    lastButOneIsSecondOrder = lowersOrder
  }

  public func scaleInput(_ sample: Tensor, at index: Int) throws -> Tensor { sample }

  public mutating func step(
    _ prediction: Tensor, at index: Int, sample: Tensor, noise: Tensor?
  ) throws -> SchedulerStep {
    let (denoised, epsilon) = try predictionType.estimates(prediction, of: sample, at: schedule.level(index))
    history = [denoised] + (latest == index - 1 ? history.prefix(order - 1) : [])
    latest = index
    let differences = try differences(at: index, order: usedOrder(at: index))
    let weights = weights(at: index, order: differences.count)
    var terms = [(weights.sample, sample)]
    terms += zip(weights.differences, differences).map { ($0, $1) }
    if drawsNoise { terms.append((weights.noise, try noise.required(by: "sde-dpmsolver++"))) }
    return SchedulerStep(sample: try .combination(terms), denoised: denoised, noise: epsilon)
  }

  private func usedOrder(at index: Int) -> Int {
    let last = timesteps.count - 1
    if index == last && lastIsFirstOrder { return 1 }
    if index == last - 1 && lastButOneIsSecondOrder { return min(2, history.count) }
    return history.count
  }

  private func lambda(_ index: Int) -> Float { schedule.level(index).lambda }

  /// The predicted clean sample and its divided differences over the steps before, as many as `order`.
  private func differences(at index: Int, order: Int) throws -> [Tensor] {
    guard order > 1 else { return [history[0]] }
    let h = lambda(index + 1) - lambda(index)
    func slope(_ k: Int, over ratio: Float) throws -> Tensor {
      try history[k].subtracting(history[k + 1]).multiplying(1 / ratio)
    }
    let ratio = (lambda(index) - lambda(index - 1)) / h
    let first = try slope(0, over: ratio)
    guard order > 2 else { return [history[0], first] }
    let ratio2 = (lambda(index - 1) - lambda(index - 2)) / h
    let change = try first.subtracting(slope(1, over: ratio2))
    return [
      history[0], try .combination((1, first), (ratio / (ratio + ratio2), change)),
      try change.multiplying(1 / (ratio + ratio2)),
    ]
  }

  /// What the sample, the differences and the noise weigh in the next sample.
  private func weights(at index: Int, order: Int) -> (sample: Float, differences: [Float], noise: Float) {
    let (here, next) = (schedule.level(index), schedule.level(index + 1))
    let h = next.lambda - here.lambda
    let kept = next.noise / here.noise
    let steps = algorithm == .stochastic ? 2 * h : h
    let gain = 1 - exp(-steps)
    var weights = [next.signal * gain]
    if order == 2 && solver == .midpoint { weights.append(0.5 * next.signal * gain) }
    if order == 3 || (order == 2 && solver == .heun) { weights.append(next.signal * (1 - gain / steps)) }
    if order == 3 {
      let sign: Float = algorithm == .stochastic ? 1 : -1
      weights.append(next.signal * sign * ((sign * gain - sign * steps) / (steps * steps) - 0.5))
    }
    return (
      algorithm == .stochastic ? kept * exp(-h) : kept, weights,
      algorithm == .stochastic ? next.noise * gain.squareRoot() : 0
    )
  }

  public func addNoise(_ noise: Tensor, to clean: Tensor, at index: Int) throws -> Tensor {
    try schedule.level(index).mixed(clean, with: noise)
  }
}
