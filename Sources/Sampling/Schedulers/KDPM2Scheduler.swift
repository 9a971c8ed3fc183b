import Glibc
import Tensor

/// The midpoint method in the logarithm of sigma: DPM-Solver-2 as in k-diffusion (Karras et al. 2022, algorithm 2; Crowson
/// 2022): half a step, and the whole step with the slope found there.
///
/// The model is called twice per step except in the last: `timesteps` has 2 · steps - 1 entries. A run that starts
/// between the two calls keeps the half step as it is.
public struct KDPM2Scheduler: ConfiguredScheduler {
  public var timesteps: [Double] { run.timesteps }
  public var initialNoiseScale: Float { run.schedule.initialNoiseScale }
  public let drawsNoise = false
  public let callsPerStep = 2

  private var run: MidpointRun

  public static let settings: Set<String> = [
    "use_beta_sigmas", "use_exponential_sigmas", "use_karras_sigmas",
  ]

  public init(_ config: SchedulerConfig, steps: Int, eta: Double = 0) throws {
    try config.rejectEta(eta, "kdpm2")
    run = try MidpointRun(config, steps: steps) { from, to in (to, 0) }
  }

  public func scaleInput(_ sample: Tensor, at index: Int) throws -> Tensor {
    try run.scaled(sample, at: index)
  }

  public mutating func step(
    _ prediction: Tensor, at index: Int, sample: Tensor, noise: Tensor?
  ) throws -> SchedulerStep {
    try run.step(prediction, at: index, sample: sample)
  }

  public func addNoise(_ noise: Tensor, to clean: Tensor, at index: Int) throws -> Tensor {
    try run.noisy(clean, noise, at: index)
  }
}

/// As `KDPM2Scheduler`, to a level below the next one, then fresh noise up to it.
public struct KDPM2AncestralScheduler: ConfiguredScheduler {
  public var timesteps: [Double] { run.timesteps }
  public var initialNoiseScale: Float { run.schedule.initialNoiseScale }
  public let drawsNoise = true
  public let callsPerStep = 2

  private var run: MidpointRun

  public static let settings = KDPM2Scheduler.settings

  public init(_ config: SchedulerConfig, steps: Int, eta: Double = 0) throws {
    try config.rejectEta(eta, "kdpm2_ancestral")
    run = try MidpointRun(config, steps: steps) { from, to in
      let fresh = (to * to * (from * from - to * to) / (from * from)).squareRoot()
      return ((to * to - fresh * fresh).squareRoot(), fresh)
    }
  }

  /// With the whole step only.
  public func drawsNoise(at index: Int) -> Bool { !index.isMultiple(of: 2) }

  public func scaleInput(_ sample: Tensor, at index: Int) throws -> Tensor {
    try run.scaled(sample, at: index)
  }

  public mutating func step(
    _ prediction: Tensor, at index: Int, sample: Tensor, noise: Tensor?
  ) throws -> SchedulerStep {
    var result = try run.step(prediction, at: index, sample: sample)
    let fresh = run.fresh[index / 2]
    guard drawsNoise(at: index), fresh > 0 else { return result }
    let noise = try noise.required(by: "kdpm2_ancestral")
    result = SchedulerStep(
      sample: try .combination((1, result.sample), (fresh, noise)), denoised: result.denoised,
      noise: result.noise)
    return result
  }

  public func addNoise(_ noise: Tensor, to clean: Tensor, at index: Int) throws -> Tensor {
    try run.noisy(clean, noise, at: index)
  }
}

/// A run of the midpoint method.
private struct MidpointRun {
  let schedule: SigmaSchedule
  let timesteps: [Double]
  /// Of each step: where it ends without fresh noise, how much of that is added, and its middle.
  let ends, fresh, middles: [Float]
  private let predictionType: PredictionType
  /// A step that waits for its second call.
  private var start: (index: Int, sample: Tensor)?

  /// - Parameter end: where a step from one level to another ends, and how much fresh noise is added
  init(
    _ config: SchedulerConfig, steps: Int, end: (Float, Float) -> (level: Float, fresh: Float)
  ) throws {
    predictionType = try config.predictionType()
    let config = config.withDefaults([("beta_start", 0.00085), ("beta_end", 0.012)])
    let noise = try NoiseSchedule(config, keepsLastFinite: false)
    let schedule = try SigmaSchedule(config, noise, steps: steps, roundsTimes: true)
    self.schedule = schedule
    let count = schedule.times.count
    let found = (0..<count).map { end(schedule.sigmas[$0], schedule.sigmas[$0 + 1]) }
    (ends, fresh) = (found.map(\.level), found.map(\.fresh))
    let middles = (0..<count).map { step in
      found[step].level > 0 ? exp((log(schedule.sigmas[step]) + log(found[step].level)) / 2) : 0
    }
    self.middles = middles
    let training = Sigmas(training: noise.sigmas)
    timesteps = (0..<count).flatMap { step in
      step + 1 < count
        ? [schedule.times[step], Double(Float(training.time(of: Double(middles[step]))))]
        : [schedule.times[step]]
    }
  }

  private func isFirst(_ index: Int) -> Bool { index.isMultiple(of: 2) }

  /// The noise of the sample that enters a call.
  private func level(_ index: Int) -> Float {
    isFirst(index) ? schedule.sigmas[index / 2] : middles[index / 2]
  }

  func scaled(_ sample: Tensor, at index: Int) throws -> Tensor {
    let sigma = level(index)
    return try sample.dividing((sigma * sigma + 1).squareRoot())
  }

  mutating func step(_ prediction: Tensor, at index: Int, sample: Tensor) throws -> SchedulerStep {
    let (step, sigma) = (index / 2, level(index))
    let denoised = try predictionType.denoised(prediction, of: sample, sigma: sigma)
    let slope = try sample.subtracting(denoised).dividing(sigma)
    if isFirst(index) {
      start = (index, sample)
      let half = try Tensor.combination((1, sample), (middles[step] - sigma, slope))
      return SchedulerStep(sample: half, denoised: denoised, noise: slope)
    }
    guard let first = start, first.index == index - 1 else {
      return SchedulerStep(sample: sample, denoised: denoised, noise: slope)
    }
    start = nil
    let whole = try Tensor.combination((1, first.sample), (ends[step] - schedule.sigmas[step], slope))
    return SchedulerStep(sample: whole, denoised: denoised, noise: slope)
  }

  /// diffusers gives a sample that enters a second call the noise of the step's end; here it has that of the middle, as the
  /// call expects it.
  func noisy(_ clean: Tensor, _ noise: Tensor, at index: Int) throws -> Tensor {
    try .combination((1, clean), (level(index), noise))
  }
}
