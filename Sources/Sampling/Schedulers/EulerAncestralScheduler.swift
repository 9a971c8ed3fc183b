import Tensor

/// Euler's method to a noise level below the next one, then fresh noise up to it: ancestral sampling as in
/// k-diffusion (Crowson 2022; Song, Meng, Ermon 2021, equation 16 with eta = 1, in sigma).
public struct EulerAncestralScheduler: ConfiguredScheduler {
  public var timesteps: [Double] { schedule.times }
  public var initialNoiseScale: Float { schedule.initialNoiseScale }
  public let drawsNoise = true

  private let schedule: SigmaSchedule
  private let predictionType: PredictionType

  public static let settings: Set<String> = ["rescale_betas_zero_snr"]

  public init(_ config: SchedulerConfig, steps: Int, eta: Double = 0) throws {
    try config.rejectEta(eta, "euler_ancestral")
    predictionType = try config.predictionType()
    schedule = try SigmaSchedule(
      config, NoiseSchedule(config, keepsLastFinite: true), steps: steps, spacings: [])
  }

  public func scaleInput(_ sample: Tensor, at index: Int) throws -> Tensor {
    try schedule.scaled(sample, at: index)
  }

  public func step(
    _ prediction: Tensor, at index: Int, sample: Tensor, noise: Tensor?
  ) throws -> SchedulerStep {
    let (from, to) = (schedule.sigmas[index], schedule.sigmas[index + 1])
    let fresh = (to * to * (from * from - to * to) / (from * from)).squareRoot()
    let target = (to * to - fresh * fresh).squareRoot()
    let denoised = try predictionType.denoised(prediction, of: sample, sigma: from)
    let slope = try sample.subtracting(denoised).dividing(from)
    let next = try Tensor.combination(
      (1, sample), (target - from, slope), (fresh, noise.required(by: "euler_ancestral")))
    return SchedulerStep(sample: next, denoised: denoised, noise: slope)
  }

  public func addNoise(_ noise: Tensor, to clean: Tensor, at index: Int) throws -> Tensor {
    try schedule.noisy(clean, noise, at: index)
  }
}
