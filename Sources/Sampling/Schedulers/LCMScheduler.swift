import Glibc
import Models
import Tensor

/// Multistep sampling of consistency models (Luo et al., "Latent Consistency Models", 2023, algorithm 3): every step
/// goes to a clean sample and back to the next noise level with fresh noise.
public struct LCMScheduler: ShortenedScheduler {
  public let timesteps: [Double]
  public let initialNoiseScale: Float = 1
  public let drawsNoise = true

  private let schedule: NoiseSchedule
  private let predictionType: PredictionType
  private let bound: SampleBound
  private let timeScale: Double

  public static let settings: Set<String> = [
    "clip_sample", "clip_sample_range", "dynamic_thresholding_ratio", "rescale_betas_zero_snr",
    "sample_max_value", "original_inference_steps", "set_alpha_to_one", "thresholding", "timestep_scaling",
  ]

  public init(_ config: SchedulerConfig, steps: Int, eta: Double, share: Double) throws {
    try config.rejectEta(eta, "lcm")
    let config = config.withDefaults([("beta_start", 0.00085), ("beta_end", 0.012)], betas: .scaledLinear)
    schedule = try NoiseSchedule(config, keepsLastFinite: false)
    predictionType = try config.predictionType()
    bound = try SampleBound(config, clips: false)
    timeScale = try config.float("timestep_scaling", default: 10)
    timesteps = try DistilledTimesteps.of(
      config, trainingSteps: schedule.trainingSteps, steps: steps, share: share, scheduler: "lcm")
  }

  public func scaleInput(_ sample: Tensor, at index: Int) throws -> Tensor { sample }

  public func step(
    _ prediction: Tensor, at index: Int, sample: Tensor, noise: Tensor?
  ) throws -> SchedulerStep {
    var (denoised, epsilon) = try predictionType.estimates(
      prediction, of: sample, at: schedule.level(timesteps[index]))
    denoised = try bound(denoised)
    // Song et al., "Consistency Models" (2023), equation 25 and appendix C, for data of deviation 0.5.
    let (time, data) = (timesteps[index] * timeScale, 0.5)
    let skip = data * data / (time * time + data * data)
    let out = time / (time * time + data * data).squareRoot()
    let consistent = try Tensor.combination((Float(out), denoised), (Float(skip), sample))
    guard index + 1 < timesteps.count else {
      return SchedulerStep(sample: consistent, denoised: denoised, noise: epsilon)
    }
    let next = try schedule.level(timesteps[index + 1]).mixed(consistent, with: noise.required(by: "lcm"))
    return SchedulerStep(sample: next, denoised: denoised, noise: epsilon)
  }

  public func addNoise(_ noise: Tensor, to clean: Tensor, at index: Int) throws -> Tensor {
    try schedule.level(timesteps[index]).mixed(clean, with: noise)
  }
}
