import Glibc
import Tensor

/// UniPC (Zhao et al., "UniPC: A Unified Predictor-Corrector Framework for Fast Sampling of Diffusion Models", 2023,
/// algorithms 5 to 8): each prediction of the model first corrects the sample that it was asked about, then takes
/// the next step; both at the cost of one call.
///
/// Orders above the first need the predictions of the steps before: a run that starts in the middle begins with a
/// first-order step and no correction.
public struct UniPCMultistepScheduler: ConfiguredScheduler {
  public var timesteps: [Double] { schedule.timesteps }
  public let initialNoiseScale: Float = 1
  public let drawsNoise = false

  private let schedule: SolverSchedule
  private let predictionType: PredictionType
  private let order: Int
  private let solver: Solver
  private let bound: SampleBound
  private let predictsClean, lowersOrder: Bool
  /// Steps after which the sample is not corrected, from 0.
  private let uncorrected: [Int]

  /// What is remembered of the step before.
  private struct Memory {
    let index: Int
    /// The sample from which the step started.
    let start: Tensor
    let order: Int
    /// Predictions, converted to what the solver integrates, the latest first.
    let outputs: [Tensor]
  }
  private var memory: Memory?

  private enum Solver: String, CaseIterable { case bh1, bh2 }

  public static let settings: Set<String> = [
    "dynamic_thresholding_ratio", "final_sigmas_type", "flow_shift", "lower_order_final",
    "rescale_betas_zero_snr", "sample_max_value", "solver_order", "solver_type", "thresholding",
    "time_shift_type", "use_beta_sigmas", "use_dynamic_shifting", "use_exponential_sigmas", "use_flow_sigmas",
    "use_karras_sigmas", "disable_corrector", "predict_x0", "shift_terminal", "sigma_max", "sigma_min",
    "solver_p",
  ]

  public init(_ config: SchedulerConfig, steps: Int, eta: Double = 0) throws {
    try config.rejectEta(eta, "unipc")
    try config.rejectSwitches("use_dynamic_shifting")
    try config.reject("solver_p", "shift_terminal")
    // Settings of other solvers stand for the default, as in diffusers.
    let config = config.droppingForeign("solver_type", ["midpoint", "heun", "logrho"])
    solver = try config.choice("solver_type", default: Solver.bh2)
    order = try config.int("solver_order", default: 2)
    guard (1...3).contains(order) else {
      throw config.invalid("solver_order must be 1, 2 or 3, got \(order)")
    }
    predictsClean = try config.bool("predict_x0", default: true)
    predictionType = try config.predictionType(knowsFlow: predictsClean)
    bound = try SampleBound(config, clips: nil)
    guard predictsClean || bound.changesNothing else {
      throw config.invalid("thresholding with predict_x0 = false is not supported: it would have no effect")
    }
    lowersOrder = try config.bool("lower_order_final", default: true)
    uncorrected = try config.floats("disable_corrector")?.compactMap { Int(exactly: $0) } ?? []
    schedule = try SolverSchedule(
      config, NoiseSchedule(config, keepsLastFinite: true), steps: steps, kind: .uniPC)
  }

  public func scaleInput(_ sample: Tensor, at index: Int) throws -> Tensor { sample }

  public mutating func step(
    _ prediction: Tensor, at index: Int, sample: Tensor, noise: Tensor?
  ) throws -> SchedulerStep {
    let level = schedule.level(index)
    let (denoised, epsilon) = try bound.estimates(
      predictionType.estimates(prediction, of: sample, at: level), of: sample, at: level)
    let output = predictsClean ? denoised : epsilon
    var start = sample
    var outputs = [output]
    if let memory, memory.index == index - 1 {
      if !uncorrected.contains(index - 1) {
        start = try corrected(memory, output, at: index)
      }
      outputs += memory.outputs.prefix(order - 1)
    }
    let left = timesteps.count - index
    let used = min(lowersOrder ? min(order, left) : order, outputs.count)
    let next = try predicted(from: start, outputs, order: used, at: index)
    memory = Memory(index: index, start: start, order: used, outputs: outputs)
    return SchedulerStep(sample: next, denoised: denoised, noise: epsilon)
  }

  /// UniP: the next sample.
  private func predicted(from start: Tensor, _ outputs: [Tensor], order: Int, at index: Int) throws -> Tensor
  {
    let step = Step(schedule, from: index, order: order, solver: solver, predictsClean: predictsClean)
    var weights: [Float] = []
    if order == 2 { weights = [0.5] }
    if order > 2 { weights = step.weights(nodes: step.nodes.dropLast()) }
    return try step.taken(from: start, outputs: outputs, changes: [], weights: weights)
  }

  /// UniC: the sample that the step before should have given, now that the prediction for it is known.
  private func corrected(_ memory: Memory, _ output: Tensor, at index: Int) throws -> Tensor {
    let step = Step(
      schedule, from: index - 1, order: memory.order, solver: solver, predictsClean: predictsClean)
    let weights = memory.order == 1 ? [0.5] : step.weights(nodes: step.nodes[...])
    return try step.taken(
      from: memory.start, outputs: memory.outputs, changes: [output.subtracting(memory.outputs[0])],
      weights: weights)
  }

  public func addNoise(_ noise: Tensor, to clean: Tensor, at index: Int) throws -> Tensor {
    try schedule.level(index).mixed(clean, with: noise)
  }

  /// The numbers of one step, in half log signal-to-noise.
  private struct Step {
    /// Places of the known predictions in units of the step: those before it, then its end.
    let nodes: [Float]
    private let length: Float
    private let kept, scale, base: Float

    init(_ schedule: SolverSchedule, from index: Int, order: Int, solver: Solver, predictsClean: Bool) {
      let (here, next) = (schedule.level(index), schedule.level(index + 1))
      let h = next.lambda - here.lambda
      nodes = (1..<max(order, 1)).map { (schedule.level(index - $0).lambda - here.lambda) / h } + [1]
      length = predictsClean ? -h : h
      kept = predictsClean ? next.noise / here.noise : next.signal / here.signal
      scale = predictsClean ? next.signal : next.noise
      base = solver == .bh1 ? length : expm1(length)
    }

    /// The weights with which predictions at the nodes integrate polynomials exactly (equation 10 of the paper).
    func weights(nodes: ArraySlice<Float>) -> [Float] {
      var right: [Float] = []
      var phi = expm1(length) / length - 1
      var factorial: Float = 1
      for k in 1...nodes.count {
        right.append(phi * factorial / base)
        factorial *= Float(k + 1)
        phi = phi / length - 1 / factorial
      }
      let powers = (0..<nodes.count).map { k in nodes.map { pow($0, Float(k)) } }
      return LinearSystem.solve(powers, right)
    }

    /// - Parameters:
    ///   - outputs: predictions at the start of the step and before it, the latest first
    ///   - changes: differences from the first prediction that are known besides
    ///   - weights: of the differences at the nodes
    func taken(from start: Tensor, outputs: [Tensor], changes: [Tensor], weights: [Float]) throws -> Tensor {
      var differences: [Tensor] = []
      for (node, output) in zip(nodes.dropLast(), outputs.dropFirst()) {
        differences.append(try output.subtracting(outputs[0]).dividing(node))
      }
      differences += changes
      let terms = [(kept, start), (-scale * expm1(length), outputs[0])]
      return try .combination(terms + zip(weights, differences).map { (-scale * base * $0, $1) })
    }
  }
}

/// Small systems of linear equations.
enum LinearSystem {
  /// The x with a · x = b, by elimination with pivots; a is square and has an inverse.
  static func solve(_ a: [[Float]], _ b: [Float]) -> [Float] {
    var rows = zip(a, b).map { row, right in row + [right] }
    let n = rows.count
    for column in 0..<n {
      let pivot = (column..<n).max { abs(rows[$0][column]) < abs(rows[$1][column]) } ?? column
      rows.swapAt(column, pivot)
      for row in 0..<n where row != column {
        let factor = rows[row][column] / rows[column][column]
        for k in column...n { rows[row][k] -= factor * rows[column][k] }
      }
    }
    return (0..<n).map { rows[$0][n] / rows[$0][$0] }
  }
}
