import Glibc

/// The solvers of one step in half log signal-to-noise: of the noise (Lu et al., "DPM-Solver", 2022) or of the clean sample
/// ("DPM-Solver++", 2022), each as an ordinary differential equation or a stochastic one.
enum DPMSolverAlgorithm: String, CaseIterable {
  case ordinary = "dpmsolver++"
  case stochastic = "sde-dpmsolver++"
  case ordinaryOfNoise = "dpmsolver"
  case stochasticOfNoise = "sde-dpmsolver"

  enum Solver: String, CaseIterable { case midpoint, heun }

  var drawsNoise: Bool { self == .stochastic || self == .stochasticOfNoise }
  /// Whether it integrates the predicted noise instead of the predicted clean sample.
  var integratesNoise: Bool { self == .ordinaryOfNoise || self == .stochasticOfNoise }

  /// What the sample at the start, the prediction and its divided differences, and fresh noise weigh in the sample at the end.
  struct Weights {
    let sample: Float
    let differences: [Float]
    let noise: Float
  }

  /// - Parameters:
  ///   - here: the level from which the step starts, and at which it ends
  ///   - order: number of predictions that are known
  func weights(_ solver: Solver, from here: NoiseLevel, to next: NoiseLevel, order: Int) -> Weights {
    let h = next.lambda - here.lambda
    switch self {
    case .ordinary, .stochastic: return ofSample(solver, here, next, h, order: order)
    case .ordinaryOfNoise, .stochasticOfNoise: return ofNoise(solver, here, next, h, order: order)
    }
  }

  private func ofSample(
    _ solver: Solver, _ here: NoiseLevel, _ next: NoiseLevel, _ h: Float, order: Int
  ) -> Weights {
    let kept = next.noise / here.noise
    let steps = self == .stochastic ? 2 * h : h
    let gain = 1 - exp(-steps)
    var weights = [next.signal * gain]
    if order == 2 && solver == .midpoint { weights.append(0.5 * next.signal * gain) }
    if order == 3 || (order == 2 && solver == .heun) { weights.append(next.signal * (1 - gain / steps)) }
    if order == 3 {
      let sign: Float = self == .stochastic ? 1 : -1
      weights.append(next.signal * sign * ((sign * gain - sign * steps) / (steps * steps) - 0.5))
    }
    return Weights(
      sample: self == .stochastic ? kept * exp(-h) : kept, differences: weights,
      noise: self == .stochastic ? next.noise * gain.squareRoot() : 0)
  }

  private func ofNoise(
    _ solver: Solver, _ here: NoiseLevel, _ next: NoiseLevel, _ h: Float, order: Int
  ) -> Weights {
    let gain = exp(h) - 1
    let times: Float = self == .stochasticOfNoise ? 2 : 1
    var weights = [-times * (next.noise * gain)]
    if order == 2 && solver == .midpoint { weights.append(-0.5 * times * (next.noise * gain)) }
    if order == 3 || (order == 2 && solver == .heun) {
      weights.append(-times * (next.noise * (gain / h - 1)))
    }
    if order == 3 { weights.append(-(next.noise * ((gain - h) / (h * h) - 0.5))) }
    return Weights(
      sample: next.signal / here.signal, differences: weights,
      noise: self == .stochasticOfNoise ? next.noise * (exp(2 * h) - 1).squareRoot() : 0)
  }
}

extension SchedulerConfig {
  /// Without a setting that names another solver's kind, which stands for the default, as in diffusers.
  func droppingForeign(_ key: String, _ others: [String]) -> SchedulerConfig {
    string(key).map(others.contains) == true ? dropping([key]) : self
  }

  /// What the DPM solvers read alike.
  ///
  /// - Throws: `PipelineError` for what does not go together.
  func dpmAlgorithm(
    among known: [DPMSolverAlgorithm] = DPMSolverAlgorithm.allCases
  ) throws -> (algorithm: DPMSolverAlgorithm, solver: DPMSolverAlgorithm.Solver, order: Int) {
    let config = droppingForeign("solver_type", ["logrho", "bh1", "bh2"]).droppingForeign(
      "algorithm_type", ["deis"])
    let algorithm = try config.choice("algorithm_type", default: DPMSolverAlgorithm.ordinary)
    guard known.contains(algorithm) else {
      throw invalid("algorithm_type = \"\(algorithm.rawValue)\" is not one of this scheduler's")
    }
    let order = try config.int("solver_order", default: 2)
    guard (1...3).contains(order) else { throw invalid("solver_order must be 1, 2 or 3, got \(order)") }
    guard algorithm != .stochasticOfNoise || order < 3 else {
      throw invalid(
        "solver_order = 3 with algorithm_type = \"sde-dpmsolver\" is not supported: there is no such solver")
    }
    let final = try choice("final_sigmas_type", default: Sigmas.Final.zero)
    guard !algorithm.integratesNoise || final == .lowest else {
      throw invalid(
        "algorithm_type = \"\(algorithm.rawValue)\" needs final_sigmas_type = \"sigma_min\": its last step cannot reach no noise at all"
      )
    }
    if let variance = string("variance_type"), variance.hasPrefix("learned") {
      throw invalid(
        "variance_type = \"\(variance)\" is not supported: the model would predict its variance too")
    }
    return (algorithm, try config.choice("solver_type", default: .midpoint), order)
  }
}
