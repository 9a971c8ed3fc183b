import Models
import Tensor

/// What a scheduler that is not in the registry is made from: the run's length and the noise that the model knows.
public struct SchedulerSetup {
  public let steps: Int
  public let eta: Double
  /// What the model's output stands for: `epsilon`, `sample` or `v_prediction`.
  public var predictionType: String { prediction.rawValue }
  /// ᾱ at each timestep of the model's training, from 0.
  public var alphasCumprod: [Float] { schedule.alphasCumprod }

  private let schedule: NoiseSchedule
  private let prediction: PredictionType

  /// - Throws: `PipelineError` for settings that are invalid, or a number of steps that is none.
  init(_ config: SchedulerConfig, steps: Int, eta: Double) throws {
    schedule = try NoiseSchedule(config, keepsLastFinite: false)
    guard (1...schedule.trainingSteps).contains(steps) else {
      throw PipelineError("\(.steps) must be between 1 and \(schedule.trainingSteps), got \(steps)")
    }
    prediction = try config.predictionType(knowsFlow: true)
    self.steps = steps
    self.eta = eta
  }

  /// The clean sample and the noise that a prediction speaks of, at a timestep of training: one in between takes ᾱ of the one before.
  public func estimates(
    _ output: Tensor, of sample: Tensor, timestep: Double
  ) throws -> (denoised: Tensor, noise: Tensor) {
    guard prediction != .flow else {
      throw PipelineError(
        "flow_prediction has no meaning at the noise levels of a model's training: there is no ᾱ")
    }
    return try prediction.estimates(output, of: sample, at: level(timestep))
  }

  /// A clean sample with the noise that it has at a timestep of training.
  public func mixed(_ clean: Tensor, with noise: Tensor, timestep: Double) throws -> Tensor {
    try level(timestep).mixed(clean, with: noise)
  }

  private func level(_ timestep: Double) -> NoiseLevel {
    schedule.level(min(max(timestep, 0), Double(schedule.trainingSteps - 1)))
  }
}
