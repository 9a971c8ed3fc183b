import Tensor

/// Song, Meng, Ermon, "Denoising Diffusion Implicit Models" (2021), equations 12 and 16.
public struct DDIMScheduler: Scheduler {
  public let timesteps: [Double]
  public let initialNoiseScale: Float = 1
  public var drawsNoise: Bool { eta > 0 }

  private let schedule: NoiseSchedule
  private let predictionType: PredictionType
  /// Training timesteps from one step to the next.
  private let stride: Int
  /// ᾱ after the last step.
  private let finalAlpha: Float
  private let clipRange: Float?
  private let eta: Float

  public init(_ config: SchedulerConfig, steps: Int, eta: Double = 0) throws {
    guard eta >= 0, eta.isFinite else { throw PipelineError("eta must not be negative, got \(eta)") }
    try config.rejectSwitches("thresholding")
    schedule = try NoiseSchedule(config, keepsLastFinite: false)
    let count = schedule.trainingSteps
    try TimestepSpacing.check(steps, count)
    let offset = try config.int("steps_offset", default: 0)
    let spacing = try config.choice("timestep_spacing", default: TimestepSpacing.leading)
    timesteps = spacing.timesteps(steps, of: count, last: count, offset: spacing == .leading ? offset : 0)
      .map { $0.rounded(.toNearestOrEven) }
    guard timesteps.allSatisfy({ (0..<Double(count)).contains($0) }) else {
      throw PipelineError(
        "steps = \(steps) with steps_offset = \(offset) leaves the \(count) timesteps of the model's training"
      )
    }
    stride = count / steps
    finalAlpha = try config.bool("set_alpha_to_one", default: true) ? 1 : schedule.alphasCumprod[0]
    predictionType = try config.choice("prediction_type", default: PredictionType.epsilon)
    clipRange =
      try config.bool("clip_sample", default: true)
      ? Float(config.float("clip_sample_range", default: 1)) : nil
    self.eta = Float(eta)
  }

  public func scaleInput(_ sample: Tensor, at index: Int) throws -> Tensor { sample }

  public func step(
    _ prediction: Tensor, at index: Int, sample: Tensor, noise: Tensor?
  ) throws -> SchedulerStep {
    let time = Int(timesteps[index])
    let alpha = schedule.alphasCumprod[time]
    let previousAlpha = time >= stride ? schedule.alphasCumprod[time - stride] : finalAlpha
    let beta = 1 - alpha
    let (signal, spread) = (alpha.squareRoot(), beta.squareRoot())

    var denoised: Tensor
    let epsilon: Tensor
    switch predictionType {
    case .epsilon:
      denoised = try sample.subtracting(prediction.multiplying(spread)).dividing(signal)
      epsilon = prediction
    case .sample:
      denoised = prediction
      epsilon = try sample.subtracting(prediction.multiplying(signal)).dividing(spread)
    case .velocity:
      denoised = try sample.multiplying(signal).subtracting(prediction.multiplying(spread))
      epsilon = try prediction.multiplying(signal).adding(sample.multiplying(spread))
    }
    if let clipRange { denoised = try denoised.clamped(min: -clipRange, max: clipRange) }

    let variance = ((1 - previousAlpha) / beta) * (1 - alpha / previousAlpha)
    let deviation = eta * max(variance, 0).squareRoot()
    let direction = max(1 - previousAlpha - deviation * deviation, 0).squareRoot()
    var previous = try denoised.multiplying(previousAlpha.squareRoot()).adding(epsilon.multiplying(direction))
    if drawsNoise {
      guard let noise else { throw PipelineError("DDIM with eta > 0 needs noise in every step") }
      previous = try previous.adding(noise.multiplying(deviation))
    }
    return SchedulerStep(sample: previous, denoised: denoised, noise: epsilon)
  }

  public func addNoise(_ noise: Tensor, to clean: Tensor, at index: Int) throws -> Tensor {
    let alpha = schedule.alphasCumprod[Int(timesteps[index])]
    return try clean.multiplying(alpha.squareRoot()).adding(noise.multiplying((1 - alpha).squareRoot()))
  }
}
