import Lua
import Sampling
import Tensor

/// A scheduler in the hands of a script, for a loop written by hand. Multistep solvers remember earlier predictions: one
/// object serves one run.
final class LuaModelScheduler: LuaUserdata {
  static let luaName = "scheduler"

  private let name: String
  private var scheduler: any Scheduler
  private let setup: SchedulerSetup

  init(_ choice: SchedulerChoice, pipeline: Pipeline) throws {
    name = try choice.name ?? SchedulerRegistry.own(pipeline.schedulerConfig)
    scheduler = try pipeline.scheduler(choice)
    setup = try pipeline.schedulerSetup(choice)
  }

  static func describe(_ type: LuaType<LuaModelScheduler>) throws {
    type.property("name") { $0.name }
    type.property("timesteps") { $0.scheduler.timesteps }
    type.property("alphas_cumprod") {
      try Tensor($0.setup.alphasCumprod, shape: [$0.setup.alphasCumprod.count])
    }
    type.property("prediction_type") { $0.setup.predictionType }
    type.property("initial_noise") { Double($0.scheduler.initialNoiseScale) }
    type.property("draws_noise") { $0.scheduler.drawsNoise }
    try type.method("scale_input(x, index)") { scheduler, call in
      let index = try scheduler.index(call, 2)
      return try scheduler.batched(call[1]) { try scheduler.scheduler.scaleInput($0, at: index) }
    }
    try type.method("add_noise(x, noise, index)") { scheduler, call in
      let (clean, noise, index): (Tensor, Tensor, Int) = (
        try call[1], try call[2], try scheduler.index(call, 3)
      )
      try call.check(noise, 2, like: clean)
      let batch = try noise.rank == 3 ? noise.unsqueezed(0) : noise
      return try scheduler.batched(clean) { try scheduler.scheduler.addNoise(batch, to: $0, at: index) }
    }
    try type.method("step(prediction, index, x, {noise})") { scheduler, call in try scheduler.step(call) }
    try type.metamethod("__len") { scheduler, _ in scheduler.scheduler.timesteps.count }
    try type.metamethod("__tostring") { scheduler, _ in
      "scheduler \(scheduler.name) of \(scheduler.scheduler.timesteps.count) steps"
    }
  }

  private func step(_ call: LuaCall) throws -> LuaMany {
    let (prediction, sample): (Tensor, Tensor) = (try call[1], try call[3])
    let index = try self.index(call, 2)
    try call.check(prediction, 1, like: sample)
    let noise: Tensor? = try call["noise"]
    if let noise, noise.shape != sample.shape {
      throw call.options.complaint(
        "noise", "shape \(Shape.text(sample.shape)) expected, got \(Shape.text(noise.shape))")
    }
    guard scheduler.drawsNoise == (noise != nil) else {
      throw call.options.complaint(
        "noise",
        noise == nil ? "the \(name) scheduler needs some in every step" : "the \(name) scheduler draws none")
    }
    let isSingle = sample.rank == 3
    func batch(_ tensor: Tensor) throws -> Tensor { try isSingle ? tensor.unsqueezed(0) : tensor }
    let result = try scheduler.step(
      batch(prediction), at: index, sample: batch(sample), noise: noise.map(batch))
    return LuaMany(
      list: try [result.sample, result.denoised, result.noise].map { tensor in
        // The scheduler may remember them: what the script writes over is its own.
        try (isSingle ? tensor.selected(0, 0) : tensor).clone()
      })
  }

  /// Runs `body` on a batch, where a sample without one is given.
  private func batched(_ sample: Tensor, _ body: (Tensor) throws -> Tensor) throws -> Tensor {
    sample.rank == 3 ? try body(sample.unsqueezed(0)).selected(0, 0) : try body(sample)
  }

  private func index(_ call: LuaCall, _ position: Int) throws -> Int {
    let (index, count): (Int, Int) = (try call[position], scheduler.timesteps.count)
    guard (1...count).contains(index) else {
      throw LuaArgumentError(position, "a step from 1 to \(count) expected, got \(index)")
    }
    return index - 1
  }
}

extension LuaCall {
  fileprivate func check(_ tensor: Tensor, _ position: Int, like other: Tensor) throws {
    guard tensor.shape == other.shape else {
      throw LuaArgumentError(
        position, "shape \(Shape.text(other.shape)) expected, got \(Shape.text(tensor.shape))")
    }
  }
}

extension LuaModel {
  /// `model:scheduler{…}`.
  static func describeScheduler(_ type: LuaType<LuaModel>) throws {
    let settings = SchedulerRegistry.settings.joined(separator: ", ")
    try type.method("scheduler({name, steps, eta, \(settings)})") { model, call in
      var choice = SchedulerChoice()
      (choice.name, choice.settings) = try SchedulerArgument.read(settings: call.options)
      choice.steps = try call["steps"]
      choice.eta = try call["eta"] ?? 0
      choice.custom = try call.customScheduler(named: choice.name, option: "name")
      return try LuaModelScheduler(choice, pipeline: model.pipeline)
    }
  }
}

extension LuaCall {
  /// The scheduler of a plugin, if the name is one: no scheduler of ours has a point in its name.
  func customScheduler(named name: String?, option: String) throws -> (
    (SchedulerSetup) throws -> any Scheduler
  )? {
    guard let name, name.contains(".") else { return nil }
    guard let make = try state.scriptHost.pluginScheduler else {
      throw options.complaint(option, "there are no plugins here, of which '\(name)' could be one")
    }
    return { try make(name, $0) }
  }
}
