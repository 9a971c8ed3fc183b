import Glibc
import Models
import Statistics

/// How noise levels between two ends are spread over a run, where they do not follow the timesteps.
enum SigmaSpacing: String, CaseIterable {
  /// Karras et al., "Elucidating the Design Space of Diffusion-Based Generative Models" (2022), equation 5.
  case karras = "use_karras_sigmas"
  /// Evenly in the logarithm.
  case exponential = "use_exponential_sigmas"
  /// By the quantiles of a beta distribution, dense at both ends (Lee et al., "Beta Sampling is All You Need", 2024).
  case beta = "use_beta_sigmas"
  /// Evenly in half the log signal-to-noise ratio of training (Lu et al., "DPM-Solver", 2022).
  case lambda = "use_lu_lambdas"
  /// Those of models trained by flow matching.
  case flow = "use_flow_sigmas"

  /// What a config asks for; nil: the levels of the timesteps.
  ///
  /// - Parameter known: those that the scheduler knows; the config must hold no others
  /// - Throws: `PipelineError` if it asks for two.
  static func of(_ config: SchedulerConfig, among known: [SigmaSpacing]) throws -> SigmaSpacing? {
    let chosen = try known.filter { try config.bool($0.rawValue, default: false) }
    guard chosen.count < 2 else {
      throw config.invalid("\(chosen[0].rawValue) and \(chosen[1].rawValue) cannot go together")
    }
    return chosen.first
  }

  /// Descending levels, both ends included; not for `flow`, which knows no ends.
  func levels(from highest: Double, to lowest: Double, count: Int) -> [Double] {
    let ramp = (0..<count).map { count > 1 ? Double($0) / Double(count - 1) : 0 }
    switch self {
    case .karras: return Sigmas.karras(from: highest, to: lowest, count: count)
    case .exponential, .lambda, .flow:
      // Those of training are single precision's.
      let ends =
        self == .lambda ? [highest, lowest].map { Double(log(Float($0))) } : [log(highest), log(lowest)]
      let (high, low) = (ends[0], ends[1])
      return ramp.map { exp(high + $0 * (low - high)) }
    case .beta:
      let shape = 0.6
      return ramp.map { lowest + Beta.quantile(1 - $0, shape, shape) * (highest - lowest) }
    }
  }
}
