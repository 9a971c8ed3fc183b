import Tensor

/// DPM-Solver and DPM-Solver++ of first to third order, multistep (Lu et al., "DPM-Solver++", 2022, algorithm 2), as
/// ordinary differential equations or stochastic ones (appendix B there).
///
/// Orders above the first need the predictions of the steps before: a run that starts in the middle begins with a
/// first-order step.
public struct DPMSolverMultistepScheduler: ConfiguredScheduler {
  public var timesteps: [Double] { schedule.timesteps }
  public let initialNoiseScale: Float = 1
  public var drawsNoise: Bool { algorithm.drawsNoise }

  private let schedule: SolverSchedule
  private let predictionType: PredictionType
  private let bound: SampleBound
  private let algorithm: DPMSolverAlgorithm
  private let solver: DPMSolverAlgorithm.Solver
  private let lastIsFirstOrder, lastButOneIsSecondOrder: Bool
  private var history: PredictionHistory

  public static let settings: Set<String> = [
    "dynamic_thresholding_ratio", "final_sigmas_type", "flow_shift", "lower_order_final",
    "rescale_betas_zero_snr", "sample_max_value", "solver_order", "solver_type", "thresholding",
    "time_shift_type", "use_beta_sigmas", "use_dynamic_shifting", "use_exponential_sigmas", "use_flow_sigmas",
    "use_karras_sigmas", "algorithm_type", "euler_at_final", "lambda_min_clipped", "use_lu_lambdas",
    "variance_type",
  ]

  public init(_ config: SchedulerConfig, steps: Int, eta: Double = 0) throws {
    try config.rejectEta(eta, "dpmsolver++")
    try config.rejectSwitches("use_dynamic_shifting")
    let order: Int
    (algorithm, solver, order) = try config.dpmAlgorithm()
    history = PredictionHistory(length: order)
    bound = try SampleBound(config, clips: nil)
    predictionType = try config.predictionType(knowsFlow: !algorithm.integratesNoise)
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
    let level = schedule.level(index)
    let (denoised, epsilon) = try bound.estimates(
      predictionType.estimates(prediction, of: sample, at: level), of: sample, at: level)
    history.add(algorithm.integratesNoise ? epsilon : denoised, at: index)
    let differences = try history.differences(
      schedule.levels(index - history.count + 1...index + 1).map(\.lambda), order: usedOrder(at: index))
    let weights = algorithm.weights(
      solver, from: level, to: schedule.level(index + 1), order: differences.count)
    var terms = [(weights.sample, sample)]
    terms += zip(weights.differences, differences).map { ($0, $1) }
    if drawsNoise { terms.append((weights.noise, try noise.required(by: algorithm.rawValue))) }
    return SchedulerStep(sample: try .combination(terms), denoised: denoised, noise: epsilon)
  }

  private func usedOrder(at index: Int) -> Int {
    let last = timesteps.count - 1
    if index == last && lastIsFirstOrder { return 1 }
    if index == last - 1 && lastButOneIsSecondOrder { return min(2, history.count) }
    return history.count
  }

  public func addNoise(_ noise: Tensor, to clean: Tensor, at index: Int) throws -> Tensor {
    try schedule.level(index).mixed(clean, with: noise)
  }
}
