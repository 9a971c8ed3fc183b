/// Schedulers by name. A new one is one file and one line here.
public enum SchedulerRegistry {
  private static let entries: [(name: String, className: String, type: any Scheduler.Type)] = [
    ("ddim", "DDIMScheduler", DDIMScheduler.self),
    ("euler", "EulerDiscreteScheduler", EulerScheduler.self),
    ("dpmsolver++", "DPMSolverMultistepScheduler", DPMSolverMultistepScheduler.self),
  ]

  /// The names that `make` takes, besides the class names of diffusers.
  public static var names: [String] { entries.map(\.name) }

  /// The name of the checkpoint's own scheduler; nil if there is none of its class here.
  public static func name(of config: SchedulerConfig) -> String? {
    entries.first { $0.className == config.className }?.name
  }

  /// - Throws: `PipelineError` if there is no scheduler of that name, or its settings are invalid.
  public static func make(
    _ name: String, config: SchedulerConfig, steps: Int, eta: Double = 0
  ) throws -> any Scheduler {
    guard let entry = entries.first(where: { $0.name == name || $0.className == name }) else {
      let known = names.map { "'\($0)'" }.joined(separator: ", ")
      throw PipelineError("there is no scheduler '\(name)' (there are \(known))")
    }
    return try entry.type.init(config, steps: steps, eta: eta)
  }
}
