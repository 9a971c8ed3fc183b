import Tensor

/// Heun's method in sigma (Karras et al. 2022, algorithm 1): an Euler step, then the same step once more with the
/// mean of the slopes at its two ends.
///
/// The model is called twice per step except in the last: `timesteps` has 2 · steps - 1 entries. A run that starts
/// between the two calls keeps the Euler step as it is.
public struct HeunScheduler: ConfiguredScheduler {
  public let timesteps: [Double]
  public var initialNoiseScale: Float { schedule.initialNoiseScale }
  public let drawsNoise = false
  public let callsPerStep = 2

  private let schedule: SigmaSchedule
  private let predictionType: PredictionType
  private let bound: SampleBound
  /// The first half of a step that waits for its second.
  private var half: (index: Int, sample: Tensor, slope: Tensor)?

  public static let settings: Set<String> = [
    "clip_sample", "clip_sample_range", "use_beta_sigmas", "use_exponential_sigmas", "use_karras_sigmas",
  ]

  public init(_ config: SchedulerConfig, steps: Int, eta: Double = 0) throws {
    try config.rejectEta(eta, "heun")
    predictionType = try config.predictionType()
    bound = try SampleBound(config, clips: false)
    let config = config.withDefaults([("beta_start", 0.00085), ("beta_end", 0.012)])
    schedule = try SigmaSchedule(config, NoiseSchedule(config, keepsLastFinite: false), steps: steps)
    timesteps = Array(schedule.times.prefix(1)) + schedule.times.dropFirst().flatMap { [$0, $0] }
  }

  public func scaleInput(_ sample: Tensor, at index: Int) throws -> Tensor {
    try schedule.scaled(sample, at: level(index))
  }

  /// The place in the schedule whose noise the sample has when it enters a call.
  private func level(_ index: Int) -> Int { (index + 1) / 2 }

  public mutating func step(
    _ prediction: Tensor, at index: Int, sample: Tensor, noise: Tensor?
  ) throws -> SchedulerStep {
    let place = level(index)
    let sigma = schedule.sigmas[place]
    var denoised = try predictionType.denoised(prediction, of: sample, sigma: sigma)
    denoised = try bound(denoised)
    let slope = try sample.subtracting(denoised).dividing(sigma)
    guard !index.isMultiple(of: 2) else {
      half = (index, sample, slope)
      let next = try Tensor.combination((1, sample), (schedule.sigmas[place + 1] - sigma, slope))
      return SchedulerStep(sample: next, denoised: denoised, noise: slope)
    }
    guard let first = half, first.index == index - 1 else {
      return SchedulerStep(sample: sample, denoised: denoised, noise: slope)
    }
    half = nil
    let mean = try first.slope.adding(slope).dividing(2)
    let next = try Tensor.combination((1, first.sample), (sigma - schedule.sigmas[place - 1], mean))
    return SchedulerStep(sample: next, denoised: denoised, noise: slope)
  }

  public func addNoise(_ noise: Tensor, to clean: Tensor, at index: Int) throws -> Tensor {
    try schedule.noisy(clean, noise, at: level(index))
  }
}
