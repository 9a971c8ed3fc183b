import Glibc
import Models

/// Timesteps and noise levels of a run for the solvers that work in half log signal-to-noise (DPM-Solver, UniPC).
struct SolverSchedule {
  let timesteps: [Double]
  /// Noise per signal entering each step, and what is left after the last.
  let sigmas: [Float]

  /// Whether signal and noise are mixed as in flow matching.
  private let isFlow: Bool

  /// Where diffusers' solvers read their settings differently.
  enum Kind {
    case dpmSolver, dpmSolverSinglestep, uniPC, deis

    var spacings: [SigmaSpacing] {
      [.karras, .exponential, .beta, .flow] + (self == .dpmSolver ? [.lambda] : [])
    }
    /// Whether levels may be clipped at the end of training.
    var clips: Bool { self == .dpmSolver || self == .dpmSolverSinglestep }
    /// Whether a run ends with the last level that is spread instead of the lowest of training.
    var endsWithItsOwn: Bool { self == .uniPC || self == .deis }
  }

  init(_ config: SchedulerConfig, _ schedule: NoiseSchedule, steps: Int, kind: Kind) throws {
    let count = schedule.trainingSteps
    try TimestepSpacing.check(steps, count)
    let last = kind.clips ? try Self.lastTimestep(config, schedule) : count
    guard last > steps else {
      throw PipelineError("\(.steps) must be below \(last) with this scheduler, got \(steps)")
    }
    let training = Sigmas(training: schedule.sigmas)
    let spacing = try SigmaSpacing.of(config, among: kind.spacings)
    isFlow = spacing == .flow
    let levels: [Double]
    if isFlow {
      levels = try Self.flowLevels(config, count, steps: steps, kind: kind)
      timesteps = levels.map { ($0 * Double(count)).rounded(.down) }
    } else if let spacing {
      levels = try Self.levels(spacing, config, training, steps: steps, kind: kind)
      let rule = try Self.rounding(spacing, config, kind)
      timesteps = levels.map { training.time(of: $0).rounded(rule) }
    } else {
      timesteps = try Self.timesteps(config, count, last: last, steps: steps, kind: kind)
      levels = timesteps.map(training.interpolated)
    }
    let own = kind.endsWithItsOwn && spacing != nil ? levels.last.map { Float($0) } : nil
    let lowest = own ?? training.training[0]
    let final: Float =
      switch try config.choice("final_sigmas_type", default: Sigmas.Final.zero) {
      case _ where kind == .deis: lowest
      case .lowest: lowest
      case .zero: 0
      }
    sigmas = levels.map { Float($0) } + [final]
  }

  private static func timesteps(
    _ config: SchedulerConfig, _ count: Int, last: Int, steps: Int, kind: Kind
  ) throws -> [Double] {
    let spacing =
      kind == .dpmSolverSinglestep
      ? .linspace : try config.choice("timestep_spacing", default: TimestepSpacing.linspace)
    return spacing.timesteps(
      steps, of: count, last: last, extra: spacing == .trailing ? 0 : 1,
      offset: spacing == .leading ? try config.int("steps_offset", default: 0) : 0
    ).map { $0.rounded(.toNearestOrEven) }
  }

  private static func levels(
    _ spacing: SigmaSpacing, _ config: SchedulerConfig, _ training: Sigmas, steps: Int, kind: Kind
  ) throws -> [Double] {
    let all = training.training
    let ends = (highest: Double(all[all.count - 1]), lowest: Double(all[0]))
    guard kind == .uniPC else { return spacing.levels(from: ends.highest, to: ends.lowest, count: steps) }
    return spacing.levels(
      from: try config.float("sigma_max", default: ends.highest),
      to: try config.float("sigma_min", default: ends.lowest), count: steps)
  }

  /// How the times of levels that do not follow the timesteps become whole.
  private static func rounding(
    _ spacing: SigmaSpacing, _ config: SchedulerConfig, _ kind: Kind
  ) throws -> FloatingPointRoundingRule {
    guard spacing == .karras || spacing == .lambda else { return .down }
    let isCosine =
      try config.choice("beta_schedule", default: NoiseSchedule.BetaSchedule.linear) == .cosine
    return kind == .dpmSolver && isCosine ? .down : .toNearestOrEven
  }

  /// Levels of flow matching, moved by `flow_shift` towards the noise (Esser et al., "Scaling Rectified Flow Transformers
  /// for High-Resolution Image Synthesis", 2024, section 5.3.2).
  private static func flowLevels(
    _ config: SchedulerConfig, _ count: Int, steps: Int, kind: Kind
  ) throws -> [Double] {
    let shift = try config.float("flow_shift", default: 1)
    guard shift > 0 else { throw config.invalid("flow_shift must be above 0, got \(shift)") }
    let lowest = 1 / Double(count)
    let distance = (lowest - 1) / Double(steps)
    let even = (0...steps).map { $0 == steps ? lowest : 1 + Double($0) * distance }
    // From the noise down, or, in the DPM solvers and DEIS, what is left of the way up from the signal.
    let plain = kind == .uniPC ? Array(even.dropLast()) : even.dropFirst().reversed().map { 1 - $0 }
    var levels = plain.map { shift * $0 / (1 + (shift - 1) * $0) }
    if kind == .uniPC, abs(levels[0] - 1) < 1e-6 { levels[0] -= 1e-6 }
    return levels
  }

  /// Training timesteps that may be used: those below `lambda_min_clipped`, which matter for the cosine schedule
  /// only, are left out.
  private static func lastTimestep(_ config: SchedulerConfig, _ schedule: NoiseSchedule) throws -> Int {
    let clip = Float(try config.float("lambda_min_clipped", default: -.infinity))
    let clipped = schedule.alphasCumprod.filter { log($0.squareRoot()) - log((1 - $0).squareRoot()) < clip }
    return schedule.trainingSteps - clipped.count
  }

  func level(_ index: Int) -> NoiseLevel {
    isFlow ? NoiseLevel(flow: sigmas[index]) : NoiseLevel(sigma: sigmas[index])
  }

  func levels(_ range: ClosedRange<Int>) -> [NoiseLevel] { range.map(level) }
}
