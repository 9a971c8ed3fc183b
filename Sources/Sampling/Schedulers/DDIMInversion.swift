import Tensor

/// DDIM's steps taken backwards, from a picture to the noise that would give it (Song, Meng, Ermon 2021, section
/// 4.3): the model's prediction for the noisier level is taken from the sample of the level before.
struct DDIMInversion {
  /// The model's time at each step, ascending.
  let timesteps: [Double]

  private let schedule: NoiseSchedule
  private let predictionType: PredictionType
  private let stride: Int
  /// ᾱ of the picture.
  private let initialAlpha: Float
  private let bound: SampleBound

  /// - Parameter config: as for `DDIMScheduler`, whose run from the last state comes back to the picture.
  init(_ config: SchedulerConfig, steps: Int) throws {
    try config.rejectSwitches("thresholding")
    schedule = try NoiseSchedule(config, keepsLastFinite: false)
    timesteps = try TimestepSpacing.wholeTimesteps(config, schedule, steps: steps, default: .leading)
      .reversed()
    stride = schedule.trainingSteps / steps
    initialAlpha = try config.bool("set_alpha_to_one", default: true) ? 1 : schedule.alphasCumprod[0]
    predictionType = try config.predictionType()
    bound = try SampleBound(config, clips: true)
  }

  /// The sample at the noise level of `timesteps[index]`.
  func step(_ prediction: Tensor, at index: Int, sample: Tensor) throws -> Tensor {
    let time = Int(timesteps[index])
    let alpha = time >= stride ? schedule.alphasCumprod[time - stride] : initialAlpha
    var (denoised, epsilon) = try predictionType.estimates(
      prediction, of: sample, at: NoiseLevel(alphaCumprod: alpha))
    denoised = try bound(denoised)
    return try schedule.level(timesteps[index]).mixed(denoised, with: epsilon)
  }
}
