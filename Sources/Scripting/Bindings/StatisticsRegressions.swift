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

extension LuaCall {
  /// The option `clusters`: a label, of any kind that can be written, for each observation; here as numbers from 0.
  fileprivate func clusters() throws -> [Int]? {
    guard let labels: [ClusterLabel] = try self["clusters"] else { return nil }
    var numbers: [String: Int] = [:]
    return labels.map { label in
      let number = numbers[label.text] ?? numbers.count
      numbers[label.text] = number
      return number
    }
  }
}

private struct ClusterLabel: LuaReadable {
  let text: String

  static func read(_ slot: LuaSlot) throws -> ClusterLabel {
    guard slot.kind == .string || slot.kind == .number else {
      throw LuaMismatch(expected: "string or number", got: slot)
    }
    return ClusterLabel(text: try slot.tostring())
  }
}

extension Coefficient {
  fileprivate var fields: LuaFields {
    LuaFields(
      [("name", name), ("estimate", estimate), ("standard_error", standardError), ("p", pValue)]
        + interval.fields)
  }
}
