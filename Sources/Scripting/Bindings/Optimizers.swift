import Lua
import Neural
import Tensor

extension Bindings {
  /// `lunette.optim`: what moves tensors against their gradients.
  static func addOptimizers(to lunette: LuaModule) throws {
    let optim = try lunette.module("optim")
    try optim.function("sgd(parameters, {lr, momentum, nesterov, weight_decay, schedule, warmup, total})") {
      call in
      try LuaOptimizer(
        call,
        SGD(
          momentum: call["momentum"] ?? 0, isNesterov: call["nesterov"] ?? false,
          weightDecay: call["weight_decay"] ?? 0))
    }
    for (name, decay, isDecoupled) in [("adam", 0, false), ("adamw", 0.01, true)] {
      try optim.function("\(name)(parameters, {lr, betas, eps, weight_decay, schedule, warmup, total})") {
        call in
        let betas: [Double] = try call["betas"] ?? [0.9, 0.999]
        guard betas.count == 2 else { throw call.options.complaint("betas", "two numbers expected") }
        return try LuaOptimizer(
          call,
          Adam(
            betas: (betas[0], betas[1]), epsilon: call["eps"] ?? 1e-8,
            weightDecay: call["weight_decay"] ?? decay, isDecoupled: isDecoupled))
      }
    }
  }
}

/// An optimizer as scripts hold it.
final class LuaOptimizer: LuaUserdata {
  static let luaName = "optimizer"
  private let optimizer: Optimizer

  /// - Parameter call: of a function with the tensors first and the options `lr`, `schedule`, `warmup`, `total`.
  init(_ call: LuaCall, _ rule: any UpdateRule) throws {
    let parameters: [Tensor] = call.slot(1).kind == .table ? try call[1] : [try call[1]]
    guard let rate: Double = try call["lr"] else {
      throw call.options.complaint("lr", "the learning rate expected, got nil")
    }
    optimizer = try Optimizer(parameters, rule, learningRate: rate, schedule: Self.schedule(call.options))
  }

  static func describe(_ type: LuaType<LuaOptimizer>) throws {
    try type.method("step()") { each, _ in try each.optimizer.step() }
    try type.method("zero_grad()") { each, _ in try each.optimizer.clearGradients() }
    type.property(
      "lr", { $0.optimizer.learningRate },
      set: { each, call in
        let rate: Double = try call[2]
        guard rate >= 0, rate.isFinite else {
          throw LuaArgumentError(2, "number of at least 0 expected, got \(rate)")
        }
        each.optimizer.learningRate = rate
      })
    type.property("steps") { $0.optimizer.steps }
    try type.metamethod("__tostring") { each, _ in
      "optimizer of \(each.optimizer.parameters.count) tensors, \(each.optimizer.steps) steps"
    }
  }

  /// A name with `warmup` and `total`, or a function of the step, from 1.
  private static func schedule(_ options: LuaOptions) throws -> (Int) throws -> Double {
    if try options.read("schedule", { $0.kind }) == .function {
      let function: LuaFunction = try options["schedule"]
      return { step in try function.call(step + 1, returning: Double.self) }
    }
    let name: String = try options["schedule"] ?? LearningRateSchedule.constant.rawValue
    guard let schedule = LearningRateSchedule(rawValue: name) else {
      let known = LearningRateSchedule.allCases.map { "'\($0.rawValue)'" }.joined(separator: ", ")
      throw options.complaint("schedule", "a function or one of \(known) expected, got '\(name)'")
    }
    let (warmup, total): (Int, Int?) = (try options["warmup"] ?? 0, try options["total"])
    guard warmup >= 0 else { throw options.complaint("warmup", "at least 0 expected, got \(warmup)") }
    guard schedule == .constant || total.map({ $0 > warmup }) ?? false else {
      throw options.complaint("total", "the number of steps expected, more than those of the warm-up")
    }
    return { schedule.factor(at: $0, warmup: warmup, total: total ?? 0) }
  }
}
