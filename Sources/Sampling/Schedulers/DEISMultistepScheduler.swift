import Glibc
import Tensor

/// DEIS of first to third order, multistep (Zhang and Chen, "Fast Sampling of Diffusion Models with Exponential
/// Integrator", 2023, section 3.4): the predicted noise of the last steps is interpolated in the logarithm of noise per
/// signal, and integrated over the next one.
///
/// Orders above the first need the predictions of the steps before: a run that starts in the middle begins with a
/// first-order step.
public struct DEISMultistepScheduler: ConfiguredScheduler {
  public var timesteps: [Double] { schedule.timesteps }
  public let initialNoiseScale: Float = 1
  public let drawsNoise = false

  private let schedule: SolverSchedule
  private let predictionType: PredictionType
  private let bound: SampleBound
  private let lowersOrder: Bool
  private var history: PredictionHistory

  private enum Algorithm: String, CaseIterable { case deis }
  private enum Solver: String, CaseIterable { case logrho }

  public static let settings: Set<String> = [
    "algorithm_type", "dynamic_thresholding_ratio", "flow_shift", "lower_order_final", "sample_max_value",
    "solver_order", "solver_type", "thresholding", "time_shift_type", "use_beta_sigmas",
    "use_dynamic_shifting", "use_exponential_sigmas", "use_flow_sigmas", "use_karras_sigmas",
  ]

  public init(_ config: SchedulerConfig, steps: Int, eta: Double = 0) throws {
    try config.rejectEta(eta, "deis")
    try config.rejectSwitches("use_dynamic_shifting")
    let config = config.droppingForeign("solver_type", ["midpoint", "heun", "bh1", "bh2"])
      .droppingForeign("algorithm_type", ["dpmsolver", "dpmsolver++"])
    _ = try config.choice("algorithm_type", default: Algorithm.deis)
    _ = try config.choice("solver_type", default: Solver.logrho)
    let order = try config.int("solver_order", default: 2)
    guard (1...3).contains(order) else {
      throw config.invalid("solver_order must be 1, 2 or 3, got \(order)")
    }
    history = PredictionHistory(length: order)
    bound = try SampleBound(config, clips: nil)
    predictionType = try config.predictionType(knowsFlow: true)
    schedule = try SolverSchedule(
      config, NoiseSchedule(config, keepsLastFinite: false), steps: steps, kind: .deis)
    lowersOrder = try config.bool("lower_order_final", default: true) && schedule.timesteps.count < 15
  }

  public func scaleInput(_ sample: Tensor, at index: Int) throws -> Tensor { sample }

  public mutating func step(
    _ prediction: Tensor, at index: Int, sample: Tensor, noise: Tensor?
  ) throws -> SchedulerStep {
    let (here, next) = (schedule.level(index), schedule.level(index + 1))
    let (denoised, epsilon) = try bound.estimates(
      predictionType.estimates(prediction, of: sample, at: here), of: sample, at: here)
    history.add(epsilon, at: index)
    let order = usedOrder(at: index)
    guard order > 1 else {
      let h = next.lambda - here.lambda
      let moved = try Tensor.combination(
        (next.signal / here.signal, sample), (-(next.noise * (exp(h) - 1)), epsilon))
      return SchedulerStep(sample: moved, denoised: denoised, noise: epsilon)
    }
    let nodes = (0..<order).map { Self.ratio(schedule.level(index - $0)) }
    let weights = Self.weights(nodes: nodes, to: Self.ratio(next))
    let sum = try Tensor.combination(
      [(1 / here.signal, sample)] + zip(weights, history.predictions).map { (Float($0), $1) })
    return SchedulerStep(sample: try sum.multiplying(next.signal), denoised: denoised, noise: epsilon)
  }

  private func usedOrder(at index: Int) -> Int {
    let left = timesteps.count - index
    return lowersOrder ? min(history.count, left) : history.count
  }

  /// Noise per signal.
  private static func ratio(_ level: NoiseLevel) -> Double { Double(level.noise / level.signal) }

  /// The integrals of Lagrange's polynomials in log rho over rho from the first node to `end`.
  static func weights(nodes: [Double], to end: Double) -> [Double] {
    nodes.indices.map { k in
      let others = nodes.indices.filter { $0 != k }.map { log(nodes[$0]) }
      let divisor = others.reduce(1.0) { $0 * (log(nodes[k]) - $1) }
      return (integral(end, others) - integral(nodes[0], others)) / divisor
    }
  }

  /// ∫ Π (log t − c) dt for one or two constants c.
  private static func integral(_ t: Double, _ constants: [Double]) -> Double {
    let x = log(t)
    if constants.count == 1 { return t * (x - 1 - constants[0]) }
    let (sum, product) = (constants[0] + constants[1], constants[0] * constants[1])
    return t * (x * x - 2 * x + 2 - sum * (x - 1) + product)
  }

  public func addNoise(_ noise: Tensor, to clean: Tensor, at index: Int) throws -> Tensor {
    try schedule.level(index).mixed(clean, with: noise)
  }
}
