import Lua
import Statistics
import Tensor

extension Bindings {
  /// Regressions: x is a list of numbers, or a table of such lists by name, `{ overlap = {…}, similarity = {…} }`.
  static func addRegressions(to stats: LuaModule) throws {
    try stats.function("linear_regression(x, y, {clusters, level})") { call in
      let x: Predictors = try call[1]
      let fit = try LinearRegression(
        call.sample(2).values, on: x.columns, names: x.names, clusters: call.clusters(), level: call.level())
      return LuaFields([
        ("coefficients", fit.coefficients.map(\.fields)), ("r_squared", fit.rSquared), ("n", fit.count),
      ])
    }
    try stats.function("logistic_regression(x, y, {clusters, level})") { call in
      let x: Predictors = try call[1]
      let fit = try LogisticRegression(
        call.answers(2), on: x.columns, names: x.names, clusters: call.clusters(), level: call.level())
      return LuaFields([
        ("coefficients", fit.coefficients.map(\.fields)), ("n", fit.count),
        ("log_likelihood", fit.logLikelihood), ("null_log_likelihood", fit.nullLogLikelihood),
        ("pseudo_r_squared", fit.pseudoRSquared),
      ])
    }
  }
}

/// Predictors in the order of their names.
private struct Predictors: LuaReadable {
  var names: [String] = []
  var columns: [[Double]] = []

  static func read(_ slot: LuaSlot) throws -> Predictors {
    var named: [String: [Double]] = [:]
    if slot.kind == .table {
      try slot.forEachPair { key, value in
        guard let name = key.string else { return }
        do { named[name] = try Numbers.read(value).values } catch {
          throw LuaMismatch("predictor '\(name)': \(error)")
        }
      }
    }
    guard !named.isEmpty else { return Predictors(names: ["x"], columns: [try Numbers.read(slot).values]) }
    let names = named.keys.sorted()
    return Predictors(names: names, columns: names.compactMap { named[$0] })
  }
}

extension Coefficient {
  fileprivate var fields: LuaFields {
    LuaFields(
      [("name", name), ("estimate", estimate), ("standard_error", standardError), ("p", pValue)]
        + interval.fields)
  }
}
