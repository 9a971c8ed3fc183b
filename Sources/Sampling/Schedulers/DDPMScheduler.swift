import Tensor

/// Ancestral sampling of Ho, Jain, Abbeel, "Denoising Diffusion Probabilistic Models" (2020), algorithm 2, between
/// any two timesteps.
public struct DDPMScheduler: ConfiguredScheduler {
  public let timesteps: [Double]
  public let initialNoiseScale: Float = 1
  public let drawsNoise = true

  private let schedule: NoiseSchedule
  private let predictionType: PredictionType
  private let bound: SampleBound
  private let variance: Variance

  /// Which variance a step has: that of the posterior of a point (small), or the step's own (large).
  private enum Variance: String, CaseIterable {
    case small = "fixed_small"
    case smallLog = "fixed_small_log"
    case large = "fixed_large"
  }

  public static let settings: Set<String> = [
    "clip_sample", "clip_sample_range", "dynamic_thresholding_ratio", "rescale_betas_zero_snr",
    "sample_max_value", "thresholding", "variance_type",
  ]

  public init(_ config: SchedulerConfig, steps: Int, eta: Double = 0) throws {
    try config.rejectEta(eta, "ddpm")
    schedule = try NoiseSchedule(config, keepsLastFinite: false)
    predictionType = try config.predictionType()
    bound = try SampleBound(config, clips: true)
    variance = try config.choice("variance_type", default: Variance.small)
    timesteps = try TimestepSpacing.wholeTimesteps(config, schedule, steps: steps, default: .leading)
  }

  public func scaleInput(_ sample: Tensor, at index: Int) throws -> Tensor { sample }

  public func step(
    _ prediction: Tensor, at index: Int, sample: Tensor, noise: Tensor?
  ) throws -> SchedulerStep {
    let time = Int(timesteps[index])
    let alpha = schedule.alphasCumprod[time]
    let previousAlpha = index + 1 < timesteps.count ? schedule.alphasCumprod[Int(timesteps[index + 1])] : 1
    let stepAlpha = alpha / previousAlpha
    let stepBeta = 1 - stepAlpha
    let (beta, previousBeta) = (1 - alpha, 1 - previousAlpha)
    let estimates = try predictionType.estimates(prediction, of: sample, at: NoiseLevel(alphaCumprod: alpha))
    let denoised = try bound(estimates.denoised)
    var previous = try Tensor.combination(
      (previousAlpha.squareRoot() * stepBeta / beta, denoised),
      (stepAlpha.squareRoot() * previousBeta / beta, sample))
    if time > 0 {
      let posterior = max(previousBeta / beta * stepBeta, 1e-20)
      let deviation = (variance == .large ? stepBeta : posterior).squareRoot()
      previous = try previous.adding(noise.required(by: "ddpm").multiplying(deviation))
    }
    return SchedulerStep(sample: previous, denoised: denoised, noise: estimates.noise)
  }

  public func addNoise(_ noise: Tensor, to clean: Tensor, at index: Int) throws -> Tensor {
    try schedule.level(timesteps[index]).mixed(clean, with: noise)
  }
}
