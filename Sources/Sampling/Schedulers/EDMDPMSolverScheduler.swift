import Tensor

/// DPM-Solver++ of first to third order, multistep, for models that were trained as Karras et al. (2022) do.
///
/// Orders above the first need the predictions of the steps before: a run that starts in the middle begins with a
/// first-order step.
public struct EDMDPMSolverScheduler: ConfiguredScheduler {
  public var timesteps: [Double] { levels.timesteps }
  public var initialNoiseScale: Float { levels.initialNoiseScale }
  public var drawsNoise: Bool { algorithm.drawsNoise }

  private let levels: EDMLevels
  private let bound: SampleBound
  private let algorithm: DPMSolverAlgorithm
  private let solver: DPMSolverAlgorithm.Solver
  private let lastIsFirstOrder, lowersOrder: Bool
  private var history: PredictionHistory

  public static let settings: Set<String> = EDMLevels.settings.union([
    "algorithm_type", "dynamic_thresholding_ratio", "euler_at_final", "lower_order_final", "sample_max_value",
    "solver_order", "solver_type", "thresholding",
  ])
  public static let lacks = EDMLevels.lacks

  public init(_ config: SchedulerConfig, steps: Int, eta: Double = 0) throws {
    try config.rejectEta(eta, "edm_dpmsolver++")
    let order: Int
    (algorithm, solver, order) = try config.dpmAlgorithm(among: [.ordinary, .stochastic])
    guard algorithm == .ordinary || order < 3 else {
      throw config.invalid(
        "solver_order = 3 with algorithm_type = \"sde-dpmsolver++\" is not supported with this scheduler")
    }
    history = PredictionHistory(length: order)
    bound = try SampleBound(config, clips: nil)
    levels = try EDMLevels(config, steps: steps)
    lowersOrder = try config.bool("lower_order_final", default: true) && steps < 15
    lastIsFirstOrder =
      try lowersOrder || levels.sigmas.last == 0 || config.bool("euler_at_final", default: false)
  }

  public func scaleInput(_ sample: Tensor, at index: Int) throws -> Tensor {
    try levels.scaled(sample, at: index)
  }

  public mutating func step(
    _ prediction: Tensor, at index: Int, sample: Tensor, noise: Tensor?
  ) throws -> SchedulerStep {
    let denoised = try bound(levels.denoised(prediction, of: sample, at: index))
    history.add(denoised, at: index)
    let differences = try history.differences(
      (index - history.count + 1...index + 1).map { levels.level($0).lambda }, order: usedOrder(at: index))
    let weights = algorithm.weights(
      solver, from: levels.level(index), to: levels.level(index + 1), order: differences.count)
    var terms = [(weights.sample, sample)]
    terms += zip(weights.differences, differences).map { ($0, $1) }
    if drawsNoise { terms.append((weights.noise, try noise.required(by: algorithm.rawValue))) }
    let epsilon = try sample.subtracting(denoised).dividing(levels.sigmas[index])
    return SchedulerStep(sample: try .combination(terms), denoised: denoised, noise: epsilon)
  }

  private func usedOrder(at index: Int) -> Int {
    let left = levels.sigmas.count - 1 - index
    if left == 1 && lastIsFirstOrder { return 1 }
    return left == 2 && lowersOrder ? min(2, history.count) : history.count
  }

  public func addNoise(_ noise: Tensor, to clean: Tensor, at index: Int) throws -> Tensor {
    try levels.noisy(clean, noise, at: index)
  }
}
