import Models
import Tensor

/// Pseudo numerical methods (Liu et al., "Pseudo Numerical Methods for Diffusion Models on Manifolds", 2022): linear
/// multistep of order 4 (equation 12), warmed up by Runge-Kutta steps, or by Heun's method where `skip_prk_steps`
/// says so, as in Stable Diffusion.
///
/// The warm-up takes further calls of the model: `timesteps` has one more entry than steps (with `skip_prk_steps`),
/// or nine. Calls are counted from where the run starts, in the middle too, as diffusers does.
public struct PNDMScheduler: ConfiguredScheduler {
  public let timesteps: [Double]
  public let initialNoiseScale: Float = 1
  public let drawsNoise = false

  private let schedule: NoiseSchedule
  private let predictionType: PredictionType
  private let stride: Int
  private let finalAlpha: Float
  /// Timesteps of the Runge-Kutta steps, four calls each; empty where they are skipped.
  private let rungeKutta: [Double]

  /// Calls so far.
  private var calls = 0
  /// Predictions of earlier steps, the latest first.
  private var history: [Tensor] = []
  /// The sample from which the step in progress started.
  private var start: Tensor?
  /// What a Runge-Kutta step has summed up.
  private var sum: Tensor?

  public static let settings: Set<String> = ["set_alpha_to_one", "skip_prk_steps"]

  public init(_ config: SchedulerConfig, steps: Int, eta: Double = 0) throws {
    try config.rejectEta(eta, "pndm")
    schedule = try NoiseSchedule(config, keepsLastFinite: false)
    predictionType = try config.predictionType()
    stride = schedule.trainingSteps / max(steps, 1)
    finalAlpha = try config.bool("set_alpha_to_one", default: false) ? 1 : schedule.alphasCumprod[0]
    let plain = try TimestepSpacing.wholeTimesteps(config, schedule, steps: steps, default: .leading)
    if try config.bool("skip_prk_steps", default: false) {
      rungeKutta = []
      timesteps = Array(plain.prefix(2)) + plain.dropFirst()
    } else {
      guard steps >= 4 else {
        throw PipelineError(
          "\(.steps) must be at least 4 with the pndm scheduler's Runge-Kutta steps, got \(steps)")
      }
      let warmUp = Self.rungeKutta(first: Array(plain.prefix(4)), half: Double(stride / 2))
      guard let highest = warmUp.max(), highest < Double(schedule.trainingSteps) else {
        throw PipelineError(
          "\(.steps) = \(steps) leaves the timesteps of the model's training with the pndm scheduler")
      }
      rungeKutta = warmUp
      timesteps = warmUp + plain.dropFirst(3)
    }
  }

  /// The times of three Runge-Kutta steps over the first four timesteps: start, twice the middle, end.
  private static func rungeKutta(first: [Double], half: Double) -> [Double] {
    zip(first, first.dropFirst()).flatMap { start, end -> [Double] in
      let middle = end + half
      return [start, middle, middle, end]
    }
  }

  public func scaleInput(_ sample: Tensor, at index: Int) throws -> Tensor { sample }

  public mutating func step(
    _ prediction: Tensor, at index: Int, sample: Tensor, noise: Tensor?
  ) throws -> SchedulerStep {
    let (denoised, epsilon) = try predictionType.estimates(
      prediction, of: sample, at: schedule.level(timesteps[index]))
    defer { calls += 1 }
    let next =
      calls < rungeKutta.count
      ? try rungeKuttaStep(prediction, at: index, sample: sample)
      : try multistep(prediction, at: index, sample: sample)
    return SchedulerStep(sample: next, denoised: denoised, noise: epsilon)
  }

  private mutating func rungeKuttaStep(_ prediction: Tensor, at index: Int, sample: Tensor) throws -> Tensor {
    let part = calls % 4
    if part == 0 {
      start = sample
      history = [prediction] + history.prefix(3)
    }
    let weight: Float = part == 0 || part == 3 ? 1 / 6 : 1 / 3
    let weighted = try prediction.multiplying(weight)
    let total = try sum?.adding(weighted) ?? weighted
    sum = part == 3 ? nil : total
    let from = Int(rungeKutta[calls - part])
    let to = Int(timesteps[index]) - (calls.isMultiple(of: 2) ? stride / 2 : 0)
    return try transfer(start ?? sample, by: part == 3 ? total : prediction, from: from, to: to)
  }

  private mutating func multistep(_ prediction: Tensor, at index: Int, sample: Tensor) throws -> Tensor {
    let time = Int(timesteps[index])
    // Heun's method: the second call takes the first step once more, with the mean of both predictions.
    if rungeKutta.isEmpty && calls == 1, let start, let first = history.first {
      let mean = try prediction.adding(first).dividing(2)
      return try transfer(start, by: mean, from: time + stride, to: time)
    }
    start = sample
    history = [prediction] + history.prefix(3)
    let weights: [Float] =
      switch history.count {
      case 1: [1]
      case 2: [3.0 / 2, -1.0 / 2]
      case 3: [23.0 / 12, -16.0 / 12, 5.0 / 12]
      default: [55.0 / 24, -59.0 / 24, 37.0 / 24, -9.0 / 24]
      }
    let mean = try Tensor.combination(Array(zip(weights, history)))
    return try transfer(sample, by: mean, from: time, to: time - stride)
  }

  /// Equation 11: the sample at another timestep.
  private func transfer(_ sample: Tensor, by prediction: Tensor, from: Int, to: Int) throws -> Tensor {
    let alpha = schedule.alphasCumprod[min(from, schedule.trainingSteps - 1)]
    let other = to >= 0 ? schedule.alphasCumprod[to] : finalAlpha
    let level = NoiseLevel(alphaCumprod: alpha)
    let epsilon =
      switch predictionType {
      case .epsilon: prediction
      default: try predictionType.estimates(prediction, of: sample, at: level).noise
      }
    let divisor =
      alpha * (1 - other).squareRoot() + (alpha * (1 - alpha) * other).squareRoot()
    return try .combination(((other / alpha).squareRoot(), sample), (-(other - alpha) / divisor, epsilon))
  }

  public func addNoise(_ noise: Tensor, to clean: Tensor, at index: Int) throws -> Tensor {
    try schedule.level(timesteps[index]).mixed(clean, with: noise)
  }
}
