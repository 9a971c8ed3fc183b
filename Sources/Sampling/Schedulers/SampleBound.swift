import Models
import Tensor

/// How far a predicted clean sample may reach.
enum SampleBound {
  case none
  /// Cut off at ± this.
  case clip(Float)
  /// Cut off at a quantile of each picture's magnitudes, between 1 and `maximum`, and divided by it (Saharia et al.,
  /// "Photorealistic Text-to-Image Diffusion Models with Deep Language Understanding", 2022, section 2.3).
  case threshold(share: Double, maximum: Float)

  /// - Parameter clips: whether `clip_sample` is on where the config does not say; nil for schedulers that have no such thing
  init(_ config: SchedulerConfig, clips: Bool?) throws {
    let range = try clips.flatMap { try config.clipRange(default: $0) }
    guard try config.bool("thresholding", default: false) else {
      self = range.map { .clip($0) } ?? .none
      return
    }
    let share = try config.float("dynamic_thresholding_ratio", default: 0.995)
    guard (0...1).contains(share) else {
      throw config.invalid("dynamic_thresholding_ratio must be between 0 and 1, got \(share)")
    }
    let maximum = Float(try config.float("sample_max_value", default: 1))
    guard maximum > 0 else { throw config.invalid("sample_max_value must be above 0, got \(maximum)") }
    self = .threshold(share: share, maximum: maximum)
  }

  var changesNothing: Bool { if case .none = self { true } else { false } }

  /// - Parameter denoised: {pictures, …}
  func callAsFunction(_ denoised: Tensor) throws -> Tensor {
    switch self {
    case .none: return denoised
    case .clip(let range): return try denoised.clamped(min: -range, max: range)
    case .threshold(let share, let maximum):
      let rows = denoised.shape[0]
      let flat = try denoised.contiguous().viewed([rows, denoised.count / rows])
      let reach = try flat.abs().quantile(share, dim: 1, keepDim: true).maximum(1).minimum(maximum)
      return try flat.minimum(reach).maximum(reach.negated()).dividing(reach).viewed(denoised.shape)
    }
  }

  /// The clean sample within its bound, and the noise that goes with it in a noisy sample x = signal · x₀ + noise · ε.
  func estimates(
    _ estimates: (denoised: Tensor, noise: Tensor), of sample: Tensor, at level: NoiseLevel
  ) throws -> (denoised: Tensor, noise: Tensor) {
    if changesNothing { return estimates }
    let denoised = try self(estimates.denoised)
    return (denoised, try sample.subtracting(denoised.multiplying(level.signal)).dividing(level.noise))
  }
}
