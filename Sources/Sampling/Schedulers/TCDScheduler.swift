import Glibc
import Models
import Tensor

/// Strategic stochastic sampling of trajectory consistency models (Zheng et al., "Trajectory Consistency Distillation",
/// 2024, algorithm 4): every step goes down the trajectory past the next noise level, by a share `eta` (γ there), and
/// back up to it with fresh noise.
public struct TCDScheduler: ShortenedScheduler {
  public let timesteps: [Double]
  public let initialNoiseScale: Float = 1
  public var drawsNoise: Bool { eta > 0 }

  private let schedule: NoiseSchedule
  private let predictionType: PredictionType
  private let eta: Float

  /// Those that the class has and does not use are among them.
  public static let settings: Set<String> = [
    "clip_sample", "clip_sample_range", "dynamic_thresholding_ratio", "original_inference_steps",
    "rescale_betas_zero_snr", "sample_max_value", "set_alpha_to_one", "thresholding", "timestep_scaling",
  ]

  public init(_ config: SchedulerConfig, steps: Int, eta: Double, share: Double) throws {
    guard (0...1).contains(eta) else {
      throw PipelineError("eta must be between 0 and 1 with the tcd scheduler, got \(eta)")
    }
    self.eta = Float(eta)
    // The class knows them and does nothing for them: a model that needs them would get other pictures.
    try config.rejectSwitches("clip_sample", "thresholding")
    let config = config.withDefaults([("beta_start", 0.00085), ("beta_end", 0.012)], betas: .scaledLinear)
    schedule = try NoiseSchedule(config, keepsLastFinite: false)
    predictionType = try config.predictionType()
    timesteps = try DistilledTimesteps.of(
      config, trainingSteps: schedule.trainingSteps, steps: steps, share: share, scheduler: "tcd")
  }

  public func scaleInput(_ sample: Tensor, at index: Int) throws -> Tensor { sample }

  public func step(
    _ prediction: Tensor, at index: Int, sample: Tensor, noise: Tensor?
  ) throws -> SchedulerStep {
    let (denoised, epsilon) = try predictionType.estimates(
      prediction, of: sample, at: schedule.level(timesteps[index]))
    let isLast = index + 1 == timesteps.count
    let next = isLast ? 0 : timesteps[index + 1]
    let below = floor((1 - eta) * Float(next))
    let reached = try schedule.level(Double(below)).mixed(denoised, with: epsilon)
    guard drawsNoise, !isLast else {
      return SchedulerStep(sample: reached, denoised: denoised, noise: epsilon)
    }
    let ratio = schedule.alphasCumprod[Int(next)] / schedule.alphasCumprod[Int(below)]
    let raised = try Tensor.combination(
      (ratio.squareRoot(), reached), (max(1 - ratio, 0).squareRoot(), noise.required(by: "tcd")))
    return SchedulerStep(sample: raised, denoised: denoised, noise: epsilon)
  }

  public func addNoise(_ noise: Tensor, to clean: Tensor, at index: Int) throws -> Tensor {
    try schedule.level(timesteps[index]).mixed(clean, with: noise)
  }
}
