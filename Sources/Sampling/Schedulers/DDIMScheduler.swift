import Models
import Tensor

/// Song, Meng, Ermon, "Denoising Diffusion Implicit Models" (2021), equations 12 and 16.
public struct DDIMScheduler: ConfiguredScheduler {
  public let timesteps: [Double]
  public let initialNoiseScale: Float = 1
  public var drawsNoise: Bool { eta > 0 }

  private let schedule: NoiseSchedule
  private let predictionType: PredictionType
  /// Training timesteps from one step to the next.
  private let stride: Int
  /// ᾱ after the last step.
  private let finalAlpha: Float
  private let bound: SampleBound
  private let eta: Float

  public static let settings: Set<String> = [
    "clip_sample", "clip_sample_range", "dynamic_thresholding_ratio", "rescale_betas_zero_snr",
    "sample_max_value", "set_alpha_to_one", "thresholding",
  ]

  public init(_ config: SchedulerConfig, steps: Int, eta: Double = 0) throws {
    guard eta >= 0, eta.isFinite else { throw PipelineError("\(.eta) must not be negative, got \(eta)") }
    schedule = try NoiseSchedule(config, keepsLastFinite: false)
    timesteps = try TimestepSpacing.wholeTimesteps(config, schedule, steps: steps, default: .leading)
    stride = schedule.trainingSteps / steps
    finalAlpha = try config.bool("set_alpha_to_one", default: true) ? 1 : schedule.alphasCumprod[0]
    predictionType = try config.predictionType()
    bound = try SampleBound(config, clips: true)
    self.eta = Float(eta)
  }

  public func scaleInput(_ sample: Tensor, at index: Int) throws -> Tensor { sample }

  public func step(
    _ prediction: Tensor, at index: Int, sample: Tensor, noise: Tensor?
  ) throws -> SchedulerStep {
    let time = Int(timesteps[index])
    let alpha = schedule.alphasCumprod[time]
    let previousAlpha = time >= stride ? schedule.alphasCumprod[time - stride] : finalAlpha
    var (denoised, epsilon) = try predictionType.estimates(
      prediction, of: sample, at: NoiseLevel(alphaCumprod: alpha))
    denoised = try bound(denoised)

    let variance = ((1 - previousAlpha) / (1 - alpha)) * (1 - alpha / previousAlpha)
    let deviation = eta * max(variance, 0).squareRoot()
    let direction = max(1 - previousAlpha - deviation * deviation, 0).squareRoot()
    var previous = try Tensor.combination((previousAlpha.squareRoot(), denoised), (direction, epsilon))
    if drawsNoise {
      previous = try previous.adding(noise.required(by: "ddim").multiplying(deviation))
    }
    return SchedulerStep(sample: previous, denoised: denoised, noise: epsilon)
  }

  public func addNoise(_ noise: Tensor, to clean: Tensor, at index: Int) throws -> Tensor {
    try schedule.level(timesteps[index]).mixed(clean, with: noise)
  }
}
