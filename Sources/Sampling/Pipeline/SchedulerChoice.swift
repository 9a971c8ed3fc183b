import Encoding
import Models

/// A scheduler, and how long it is to run.
public struct SchedulerChoice {
  /// A name of `SchedulerRegistry`; nil: the checkpoint's own.
  public var name: String?
  /// Settings in place of the checkpoint's, by the names that diffusers gives them.
  public var settings = JSON.Object()
  /// nil: the pipeline's default.
  public var steps: Int?
  /// Share of fresh noise in DDIM's steps.
  public var eta = 0.0
  /// Share of the training's noise with which the schedule starts, in schedulers that can be shortened.
  public var share = 1.0
  /// Makes the scheduler in place of the registry.
  public var custom: ((SchedulerSetup) throws -> any Scheduler)?

  public init() {}
}

extension Pipeline {
  /// A scheduler for this model, as a run makes itself one.
  public func scheduler(_ choice: SchedulerChoice) throws -> any Scheduler {
    let steps = choice.steps ?? defaultSteps
    if choice.custom != nil, choice.share < 1 {
      throw PipelineError("this model starts from pictures only with the lcm and the tcd scheduler")
    }
    if let custom = choice.custom { return try custom(schedulerSetup(choice)) }
    return try SchedulerRegistry.make(
      choice.name ?? SchedulerRegistry.own(schedulerConfig), config: schedulerConfig, steps: steps,
      eta: choice.eta, share: choice.share, overrides: choice.settings)
  }

  /// The noise that the model knows, by the settings of a choice.
  public func schedulerSetup(_ choice: SchedulerChoice) throws -> SchedulerSetup {
    try SchedulerSetup(
      schedulerConfig.overriding(choice.settings), steps: choice.steps ?? defaultSteps, eta: choice.eta)
  }
}

extension GenerateRequest {
  var schedulerChoice: SchedulerChoice {
    var choice = SchedulerChoice()
    (choice.name, choice.settings) = (scheduler, schedulerSettings)
    (choice.steps, choice.eta) = (steps, eta)
    choice.custom = customScheduler
    return choice
  }
}
