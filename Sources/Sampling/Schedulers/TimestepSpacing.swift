import Models

/// How the steps of a run are spread over the training timesteps (Lin et al. 2023, table 2).
enum TimestepSpacing: String, CaseIterable {
  case linspace, leading, trailing

  /// Timesteps in descending order. Whole numbers except with `linspace`.
  ///
  /// - Parameters:
  ///   - last: training timesteps that may be used, counted from 0.
  ///   - extra: 1 leaves room for one more step at the low end, which is dropped.
  func timesteps(_ steps: Int, of trainingSteps: Int, last: Int, extra: Int = 0, offset: Int) -> [Double] {
    switch self {
    case .linspace:
      let count = steps + extra
      guard count > 1 else { return [0] }
      let distance = Double(last - 1) / Double(count - 1)
      let ascending = (0..<count).map { $0 == count - 1 ? Double(last - 1) : Double($0) * distance }
      return Array(ascending.reversed().prefix(steps))
    case .leading:
      let distance = last / (steps + extra)
      return (extra..<steps + extra).reversed().map { Double($0 * distance + offset) }
    case .trailing:
      let distance = Double(trainingSteps) / Double(steps)
      let next = Double(last) - distance
      return (0..<steps).map { i in
        (Double(last) + Double(i) * (next - Double(last))).rounded(.toNearestOrEven) - 1
      }.filter { $0 >= 0 }
    }
  }

  /// The timesteps of the schedulers that know no others than those of training, descending.
  static func wholeTimesteps(
    _ config: SchedulerConfig, _ schedule: NoiseSchedule, steps: Int, default fallback: TimestepSpacing
  ) throws -> [Double] {
    let count = schedule.trainingSteps
    try check(steps, count)
    let spacing = try config.choice("timestep_spacing", default: fallback)
    let offset = spacing == .leading ? try config.int("steps_offset", default: 0) : 0
    let times = spacing.timesteps(steps, of: count, last: count, offset: offset).map {
      $0.rounded(.toNearestOrEven)
    }
    guard times.allSatisfy({ (0..<Double(count)).contains($0) }) else {
      throw PipelineError(
        "\(.steps) = \(steps) with steps_offset = \(offset) leaves the \(count) timesteps of the model's training"
      )
    }
    return times
  }

  /// Refuses step counts that no spacing can serve.
  static func check(_ steps: Int, _ trainingSteps: Int) throws {
    guard (1...trainingSteps).contains(steps) else {
      throw PipelineError("\(.steps) must be between 1 and \(trainingSteps), got \(steps)")
    }
  }
}
