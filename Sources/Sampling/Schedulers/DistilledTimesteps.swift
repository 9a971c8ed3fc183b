import Models

/// The timesteps of models that were distilled on some of the training's: evenly many of those are left out.
enum DistilledTimesteps {
  /// Descending.
  ///
  /// - Parameters:
  ///   - share: of the distillation's timesteps, from the lowest
  ///   - scheduler: named in errors
  static func of(
    _ config: SchedulerConfig, trainingSteps: Int, steps: Int, share: Double, scheduler: String
  ) throws -> [Double] {
    let original = try config.int("original_inference_steps", default: 50)
    guard (1...trainingSteps).contains(original) else {
      throw config.invalid("original_inference_steps must be between 1 and \(trainingSteps), got \(original)")
    }
    let available = Int(Double(original) * share)
    guard (1...max(available, 1)).contains(steps), available > 0 else {
      let what = share < 1 ? "original_inference_steps times strength" : "original_inference_steps"
      throw PipelineError(
        "\(.steps) must be between 1 and \(available) (\(what)) with the \(scheduler) scheduler, got \(steps)"
      )
    }
    let stride = trainingSteps / original
    return (0..<steps).map { index in
      let skipped = Int(Double(index) * (Double(available) / Double(steps)))
      return Double((available - skipped) * stride - 1)
    }
  }
}
