import Tensor

/// DPM-Solver and DPM-Solver++ of first to third order, singlestep (Lu et al., "DPM-Solver", 2022, algorithms 1 and 2): the
/// steps go in groups, each of which starts afresh from one sample and is taken again with every further prediction.
///
/// A run that starts inside of a group begins with a first-order step.
public struct DPMSolverSinglestepScheduler: ConfiguredScheduler {
  public var timesteps: [Double] { schedule.timesteps }
  public let initialNoiseScale: Float = 1
  public var drawsNoise: Bool { algorithm.drawsNoise }

  private let schedule: SolverSchedule
  private let predictionType: PredictionType
  private let bound: SampleBound
  private let algorithm: DPMSolverAlgorithm
  private let solver: DPMSolverAlgorithm.Solver
  /// Of each step.
  private let orders: [Int]
  private var history: PredictionHistory
  /// The sample from which the group started.
  private var start: Tensor?

  public static let settings: Set<String> = [
    "algorithm_type", "dynamic_thresholding_ratio", "final_sigmas_type", "flow_shift", "lambda_min_clipped",
    "lower_order_final", "sample_max_value", "solver_order", "solver_type", "thresholding",
    "time_shift_type", "use_beta_sigmas", "use_dynamic_shifting", "use_exponential_sigmas",
    "use_flow_sigmas", "use_karras_sigmas", "variance_type",
  ]
  public static let lacks: Set<String> = ["steps_offset", "timestep_spacing"]

  public init(_ config: SchedulerConfig, steps: Int, eta: Double = 0) throws {
    try config.rejectEta(eta, "dpmsolver++-singlestep")
    try config.rejectSwitches("use_dynamic_shifting")
    let order: Int
    (algorithm, solver, order) = try config.dpmAlgorithm(among: [.ordinary, .stochastic, .ordinaryOfNoise])
    history = PredictionHistory(length: order)
    bound = try SampleBound(config, clips: nil)
    if algorithm.integratesNoise, !bound.changesNothing {
      throw config.invalid(
        "thresholding with algorithm_type = \"dpmsolver\" is not supported with single steps")
    }
    predictionType = try config.predictionType(knowsFlow: !algorithm.integratesNoise)
    schedule = try SolverSchedule(
      config, NoiseSchedule(config, keepsLastFinite: false), steps: steps, kind: .dpmSolverSinglestep)
    let endsClean = schedule.sigmas.last == 0
    // Groups that do not come out even, or that would end in no noise at all, need lower orders at the end.
    let lowers = try config.bool("lower_order_final", default: false) || steps % order != 0 || endsClean
    orders = Self.orders(steps: steps, order: order, lowers: lowers, endsClean: endsClean)
  }

  private static func orders(steps: Int, order: Int, lowers: Bool, endsClean: Bool) -> [Int] {
    let group = Array(1...order)
    func groups(_ count: Int) -> [Int] { (0..<max(count, 0)).flatMap { _ in group } }
    var orders: [Int]
    switch (lowers && order > 1, steps % order) {
    case (false, _): orders = groups(steps / order)
    case (true, 0): orders = groups(steps / order - 1) + (order == 3 ? [1, 2, 1] : [1, 1])
    case (true, let rest): orders = groups(steps / order) + group.prefix(rest)
    }
    if endsClean, !orders.isEmpty { orders[orders.count - 1] = 1 }
    return orders
  }

  public func scaleInput(_ sample: Tensor, at index: Int) throws -> Tensor { sample }

  public mutating func step(
    _ prediction: Tensor, at index: Int, sample: Tensor, noise: Tensor?
  ) throws -> SchedulerStep {
    let level = schedule.level(index)
    let (denoised, epsilon) = try bound.estimates(
      predictionType.estimates(prediction, of: sample, at: level), of: sample, at: level)
    history.add(algorithm.integratesNoise ? epsilon : denoised, at: index)
    let order = min(orders[index], history.count)
    if order == 1 || start == nil { start = sample }
    let differences = try differences(at: index, order: order)
    let weights = algorithm.weights(
      solver, from: schedule.level(index - order + 1), to: schedule.level(index + 1), order: order)
    var terms = [(weights.sample, start ?? sample)]
    terms += zip(weights.differences, differences).map { ($0, $1) }
    if drawsNoise { terms.append((weights.noise, try noise.required(by: algorithm.rawValue))) }
    return SchedulerStep(sample: try .combination(terms), denoised: denoised, noise: epsilon)
  }

  /// The prediction at the start of the group and its divided differences over the steps since.
  private func differences(at index: Int, order: Int) throws -> [Tensor] {
    let known = history.predictions
    let lambdas = schedule.levels(index - order + 1...index + 1).map(\.lambda)
    let h = lambdas[order] - lambdas[0]
    func slope(_ prediction: Tensor, _ place: Int) throws -> Tensor {
      try prediction.subtracting(known[order - 1]).multiplying(1 / ((lambdas[place] - lambdas[0]) / h))
    }
    switch order {
    case 1: return [known[0]]
    case 2: return [known[1], try slope(known[0], 1)]
    default:
      let (near, far) = (try slope(known[1], 1), try slope(known[0], 2))
      if solver == .midpoint { return [known[2], far] }
      let (r0, r1) = ((lambdas[2] - lambdas[0]) / h, (lambdas[1] - lambdas[0]) / h)
      return [
        known[2], try .combination((r0 / (r0 - r1), near), (-r1 / (r0 - r1), far)),
        try far.subtracting(near).multiplying(2 / (r0 - r1)),
      ]
    }
  }

  public func addNoise(_ noise: Tensor, to clean: Tensor, at index: Int) throws -> Tensor {
    try schedule.level(index).mixed(clean, with: noise)
  }
}
