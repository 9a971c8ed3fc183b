import Encoding
import Models

/// Schedulers by name. A new one is one file and one line here.
public enum SchedulerRegistry {
  private struct Entry {
    let name: String
    /// What diffusers calls it.
    let className: String
    let type: any ConfiguredScheduler.Type
    /// Settings that the name stands for.
    var settings: [(key: String, value: JSON)] = []
  }

  private static let entries: [Entry] = [
    Entry(name: "ddim", className: "DDIMScheduler", type: DDIMScheduler.self),
    Entry(name: "ddpm", className: "DDPMScheduler", type: DDPMScheduler.self),
    Entry(name: "pndm", className: "PNDMScheduler", type: PNDMScheduler.self),
    Entry(name: "euler", className: "EulerDiscreteScheduler", type: EulerScheduler.self),
    Entry(
      name: "euler_ancestral", className: "EulerAncestralDiscreteScheduler",
      type: EulerAncestralScheduler.self),
    Entry(name: "heun", className: "HeunDiscreteScheduler", type: HeunScheduler.self),
    Entry(name: "lms", className: "LMSDiscreteScheduler", type: LMSScheduler.self),
    Entry(
      name: "dpmsolver++", className: "DPMSolverMultistepScheduler", type: DPMSolverMultistepScheduler.self,
      settings: [("algorithm_type", .string("dpmsolver++"))]),
    Entry(
      name: "sde-dpmsolver++", className: "DPMSolverMultistepScheduler",
      type: DPMSolverMultistepScheduler.self,
      settings: [("algorithm_type", .string("sde-dpmsolver++"))]),
    Entry(
      name: "dpmsolver", className: "DPMSolverMultistepScheduler", type: DPMSolverMultistepScheduler.self,
      settings: [
        ("algorithm_type", .string("dpmsolver")), ("final_sigmas_type", .string("sigma_min")),
      ]),
    Entry(
      name: "sde-dpmsolver", className: "DPMSolverMultistepScheduler",
      type: DPMSolverMultistepScheduler.self,
      settings: [
        ("algorithm_type", .string("sde-dpmsolver")), ("final_sigmas_type", .string("sigma_min")),
      ]),
    Entry(
      name: "dpmsolver++-singlestep", className: "DPMSolverSinglestepScheduler",
      type: DPMSolverSinglestepScheduler.self),
    Entry(name: "deis", className: "DEISMultistepScheduler", type: DEISMultistepScheduler.self),
    Entry(name: "kdpm2", className: "KDPM2DiscreteScheduler", type: KDPM2Scheduler.self),
    Entry(
      name: "kdpm2_ancestral", className: "KDPM2AncestralDiscreteScheduler",
      type: KDPM2AncestralScheduler.self),
    Entry(name: "unipc", className: "UniPCMultistepScheduler", type: UniPCMultistepScheduler.self),
    Entry(name: "lcm", className: "LCMScheduler", type: LCMScheduler.self),
    Entry(name: "tcd", className: "TCDScheduler", type: TCDScheduler.self),
    Entry(name: "edm_euler", className: "EDMEulerScheduler", type: EDMEulerScheduler.self),
    Entry(
      name: "edm_dpmsolver++", className: "EDMDPMSolverMultistepScheduler", type: EDMDPMSolverScheduler.self),
  ]

  /// The names that `make` takes, besides the class names of diffusers.
  public static var names: [String] { entries.map(\.name) }

  /// The name of the checkpoint's own scheduler, to be used where nobody names one.
  ///
  /// - Throws: `PipelineError` if it is of a class that is not known here.
  public static func own(_ config: SchedulerConfig) throws -> String {
    guard let name = config.className else { return "ddim" }
    guard entries.contains(where: { $0.className == name }) else {
      try rejectFlowMatching(config)
      throw config.invalid(
        "the model's own scheduler \(name) is not known: name another (\(names.joined(separator: ", ")))")
    }
    return name
  }

  /// A model that was trained by flow matching predicts something that no scheduler here takes for what it is.
  private static func rejectFlowMatching(_ config: SchedulerConfig) throws {
    guard let name = config.className, name.hasPrefix("FlowMatch") else { return }
    throw config.invalid("\(name): models that were trained by flow matching are not supported")
  }

  /// - Parameters:
  ///   - name: one of `names`, or a class name of diffusers
  ///   - share: of the training's noise with which the schedule starts
  ///   - overrides: settings that take the place of those in `config`, by the names that diffusers gives them
  /// - Throws: `PipelineError` if there is no scheduler of that name, its settings are invalid, or one of them is not its own.
  public static func make(
    _ name: String, config: SchedulerConfig, steps: Int, eta: Double = 0, share: Double = 1,
    overrides: JSON.Object = JSON.Object()
  ) throws -> any Scheduler {
    guard let entry = entries.first(where: { $0.name == name || $0.className == name }) else {
      let known = names.map { "'\($0)'" }.joined(separator: ", ")
      throw PipelineError("there is no scheduler '\(name)' (there are \(known))")
    }
    var settings = JSON.Object()
    if entry.name == name {
      for (key, value) in entry.settings { settings[key] = value }
    }
    let full = try read(config, by: entry, overrides: overrides).overriding(settings).overriding(overrides)
    guard share < 1 else { return try entry.type.init(full, steps: steps, eta: eta) }
    guard let type = entry.type as? any ShortenedScheduler.Type else {
      let able = entries.filter { $0.type is any ShortenedScheduler.Type }.map(\.name)
      throw PipelineError(
        "this model starts from pictures only with the \(able.joined(separator: " and the ")) scheduler")
    }
    return try type.init(full, steps: steps, eta: eta, share: share)
  }

  /// What DDIM, whose steps inversion takes backwards, reads of a checkpoint's config.
  static func inversionConfig(_ config: SchedulerConfig, overrides: JSON.Object) throws -> SchedulerConfig {
    try read(config, by: entries[0], overrides: overrides).overriding(overrides)
  }

  private static func read(
    _ config: SchedulerConfig, by entry: Entry, overrides: JSON.Object
  ) throws -> SchedulerConfig {
    try rejectFlowMatching(config)
    let known = entry.type.known
    if let stray = overrides.keys.first(where: { !known.contains($0) }) {
      throw PipelineError("the \(entry.name) scheduler has no setting \(stray)")
    }
    let others = entries.filter {
      $0.className != entry.className && [config.className, config.savedClassName].contains($0.className)
    }
    return try SchedulerSettings.read(
      config, by: entry.name, known: known,
      others: others.reduce(into: []) { $0.formUnion($1.type.known) }, all: Set(Self.settings))
  }

  /// The settings that some scheduler has, by the names that diffusers gives them.
  public static let settings: [String] =
    entries.reduce(into: SchedulerSettings.common) { $0.formUnion($1.type.settings) }.sorted()
}
