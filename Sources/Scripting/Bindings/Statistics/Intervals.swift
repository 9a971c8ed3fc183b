import Lua
import Statistics
import Tensor

extension Bindings {
  /// Estimates with intervals.
  static func addIntervals(to stats: LuaModule) throws {
    try stats.function("wilson(successes, n, {level})") { call in
      let share = try Proportion(call[1], of: call[2])
      return share.fields(try share.wilson(level: call.level()))
    }
    try stats.function("clopper_pearson(successes, n, {level})") { call in
      let share = try Proportion(call[1], of: call[2])
      return share.fields(try share.clopperPearson(level: call.level()))
    }
    try stats.function("risk_difference(successes, n, others, m, {level})") { call in
      let difference = try RiskDifference(
        Proportion(call[1], of: call[2]), Proportion(call[3], of: call[4]), level: call.level())
      return LuaFields([("estimate", difference.estimate)] + difference.interval.fields)
    }
    try stats.function("bootstrap(data, {statistic, clusters, resamples, level, method, seed})") { call in
      try BootstrapCall(call).result()
    }
    try stats.function("cohens_d(a, b)") { call in
      try CohensD(call.sample(1).values, call.sample(2).values).value
    }
    try stats.function("cliffs_delta(a, b)") { call in
      try MannWhitney(call.sample(1).values, call.sample(2).values).cliffsDelta
    }
  }
}

extension Interval {
  var fields: [(String, any LuaPushable)] { [("low", low), ("high", high)] }
}

extension Proportion {
  fileprivate func fields(_ interval: Interval) -> LuaFields {
    LuaFields([("estimate", estimate)] + interval.fields + [("successes", successes), ("n", count)])
  }
}

/// `stats.bootstrap`: of numbers by a statistic that has a name, or of a list of anything (clusters of trials, pairs) by a
/// function of such a list.
private struct BootstrapCall {
  private enum Method: String, CaseIterable { case bca, percentile }

  private let call: LuaCall
  private let method: Method

  init(_ call: LuaCall) throws {
    self.call = call
    let name: String = try call["method"] ?? Method.bca.rawValue
    guard let method = Method(rawValue: name) else {
      throw call.options.complaint("method", "\"bca\" or \"percentile\" expected, got \"\(name)\"")
    }
    self.method = method
  }

  func result() throws -> LuaFields {
    let bootstrap = try bootstrap()
    let interval =
      try method == .bca ? bootstrap.bca(level: call.level()) : bootstrap.percentile(level: call.level())
    return LuaFields(
      [("estimate", bootstrap.estimate)] + interval.fields + [
        ("standard_error", bootstrap.standardError), ("resamples", bootstrap.replicates.count),
        ("method", method.rawValue),
      ])
  }

  private func bootstrap() throws -> Bootstrap {
    let isFunction = try call.options.read("statistic") { $0.kind == .function }
    return isFunction ? try ofAnything() : try ofNumbers()
  }

  private func bootstrap(count: Int, _ statistic: @escaping ([Int]) throws -> Double) throws -> Bootstrap {
    var generator = try call.generator()
    let resamples: Int = try call["resamples"] ?? 2000
    let interruptible = { (indices: [Int]) in
      try call.state.checkInterrupt()
      return try statistic(indices)
    }
    guard let clusters = try call.clusters() else {
      return try Bootstrap(
        count: count, resamples: resamples, withJackknife: method == .bca, using: &generator,
        statistic: interruptible)
    }
    guard clusters.observations == count else {
      throw call.options.complaint(
        "clusters", "a cluster for each of the \(count) observations expected, got \(clusters.observations)")
    }
    return try Bootstrap(
      units: clusters, resamples: resamples, withJackknife: method == .bca, using: &generator,
      statistic: interruptible)
  }

  private func ofNumbers() throws -> Bootstrap {
    let values = try call.sample(1).values
    let name: String = try call["statistic"] ?? "mean"
    switch name {
    case "mean":
      return try bootstrap(count: values.count) { try Sample($0.map { values[$0] }).mean }
    case "median":
      return try bootstrap(count: values.count) { try Sample($0.map { values[$0] }).median }
    default:
      throw call.options.complaint(
        "statistic", "\"mean\", \"median\" or a function expected, got \"\(name)\"")
    }
  }

  private func ofAnything() throws -> Bootstrap {
    let statistic: LuaFunction = try call["statistic"]
    let items: [LuaValue] = try call[1]
    guard !items.isEmpty else {
      throw LuaArgumentError(1, "at least one observation expected, got an empty list")
    }
    return try bootstrap(count: items.count) { indices in
      try statistic.call(with: [indices.map { items[$0] }]) { results in
        guard let value = results.first?.number else {
          throw call.options.complaint("statistic", "a function that returns a number expected")
        }
        return value
      }
    }
  }
}
