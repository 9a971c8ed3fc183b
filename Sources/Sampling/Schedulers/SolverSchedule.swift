import Glibc
import Models

/// Timesteps and noise levels of a run for the solvers that work in half log signal-to-noise (DPM-Solver, UniPC).
struct SolverSchedule {
  let timesteps: [Double]
  /// Noise per signal entering each step, and what is left after the last.
  let sigmas: [Float]

  /// Where diffusers' two solvers read their settings differently.
  enum Kind { case dpmSolver, uniPC }

  init(_ config: SchedulerConfig, _ schedule: NoiseSchedule, steps: Int, kind: Kind) throws {
    let count = schedule.trainingSteps
    try TimestepSpacing.check(steps, count)
    let last = kind == .dpmSolver ? try Self.lastTimestep(config, schedule) : count
    guard last > steps else {
      throw PipelineError("\(.steps) must be below \(last) with this scheduler, got \(steps)")
    }
    let spacing = try config.choice("timestep_spacing", default: TimestepSpacing.linspace)
    var times = try spacing.timesteps(
      steps, of: count, last: last, extra: spacing == .trailing ? 0 : 1,
      offset: spacing == .leading ? config.int("steps_offset", default: 0) : 0
    ).map { $0.rounded(.toNearestOrEven) }
    let training = Sigmas(training: schedule.sigmas)
    let isKarras = try config.bool("use_karras_sigmas", default: false)
    var levels = times.map(training.interpolated)
    if isKarras {
      let ends = (highest: Double(training.training[count - 1]), lowest: Double(training.training[0]))
      levels = Sigmas.karras(
        from: kind == .uniPC ? try config.float("sigma_max", default: ends.highest) : ends.highest,
        to: kind == .uniPC ? try config.float("sigma_min", default: ends.lowest) : ends.lowest, count: steps)
      let isCosine =
        try config.choice("beta_schedule", default: NoiseSchedule.BetaSchedule.linear) == .cosine
      let rule: FloatingPointRoundingRule = kind == .dpmSolver && isCosine ? .down : .toNearestOrEven
      times = levels.map { training.time(of: $0).rounded(rule) }
    }
    var final: Float = 0
    if try config.choice("final_sigmas_type", default: Sigmas.Final.zero) == .lowest {
      final = kind == .uniPC && isKarras ? Float(levels.last ?? 0) : training.training[0]
    }
    sigmas = levels.map { Float($0) } + [final]
    timesteps = times
  }

  /// Training timesteps that may be used: those below `lambda_min_clipped`, which matter for the cosine schedule
  /// only, are left out.
  private static func lastTimestep(_ config: SchedulerConfig, _ schedule: NoiseSchedule) throws -> Int {
    let clip = Float(try config.float("lambda_min_clipped", default: -.infinity))
    let clipped = schedule.alphasCumprod.filter { log($0.squareRoot()) - log((1 - $0).squareRoot()) < clip }
    return schedule.trainingSteps - clipped.count
  }

  func level(_ index: Int) -> NoiseLevel { NoiseLevel(sigma: sigmas[index]) }
}
