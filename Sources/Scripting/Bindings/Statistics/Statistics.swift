import Lua
import Statistics
import Tensor

extension Bindings {
  /// `lunette.stats`: descriptions, intervals, clusters, tests, correlations and regressions. Data are lists of numbers or tensors.
  static func addStatistics(to lunette: LuaModule) throws {
    let stats = try lunette.module("stats")
    try addDescriptions(to: stats)
    try addIntervals(to: stats)
    try addClusteredEstimates(to: stats)
    try addTests(to: stats)
    try addRegressions(to: stats)
  }

  private static func addDescriptions(to stats: LuaModule) throws {
    try stats.function("mean(x)") { call in try call.sample(1).mean }
    try stats.function("median(x)") { call in try call.sample(1).median }
    try stats.function("variance(x)") { call in try call.sample(1).variance() }
    try stats.function("sd(x)") { call in try call.sample(1).standardDeviation() }
    // One quantile for a number, a list for a list.
    try stats.function("quantile(x, p)") { call in
      let sample = try call.sample(1)
      if let p = call.slot(2).number { return LuaNumbers.one(try sample.quantile(p)) }
      return LuaNumbers.many(try (call[2] as Numbers).values.map(sample.quantile))
    }
    try stats.function("ranks(x)") { call in Ranks(try call.sample(1).values).ranks }
  }
}

extension LuaCall {
  /// Finite numbers, at least one.
  func sample(_ position: Int) throws -> Sample {
    let numbers: Numbers = try self[position]
    do { return try Sample(numbers.values) } catch { throw LuaArgumentError(position, "\(error)") }
  }

  /// The option `level`.
  func level() throws -> Double {
    let level: Double = try self["level"] ?? 0.95
    guard level > 0, level < 1 else {
      throw options.complaint("level", "number between 0 and 1 expected, got \(level)")
    }
    return level
  }

  /// The generator of the option `seed`.
  func generator() throws -> TorchCPUGenerator {
    TorchCPUGenerator(seed: try self["seed"] ?? 0)
  }
}

/// A number or a list of them, as it was asked for.
enum LuaNumbers: LuaResults {
  case one(Double)
  case many([Double])

  func pushAll(for call: LuaCall) throws -> Int32 {
    switch self {
    case .one(let value): try value.pushAll(for: call)
    case .many(let values): try values.pushAll(for: call)
    }
  }
}
