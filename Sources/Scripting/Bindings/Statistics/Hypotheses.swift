import Lua
import Statistics
import Tensor

extension Bindings {
  /// Tests, two-sided all of them, and correlations.
  static func addTests(to stats: LuaModule) throws {
    try stats.function("permutation_test(a, b, {paired, clusters, permutations, seed})") { call in
      let (a, b) = (try call.sample(1).values, try call.sample(2).values)
      var generator = try call.generator()
      let permutations: Int = try call["permutations"] ?? 10_000
      let test =
        try call["paired"] ?? false
        ? PermutationTest.paired(
          a, b, units: call.clusters(), permutations: permutations, using: &generator)
        : PermutationTest.unpaired(
          a, b, units: call.clusters(), permutations: permutations, using: &generator)
      return LuaFields([
        ("difference", test.difference), ("p", test.pValue), ("exact", test.isExact),
        ("permutations", test.permutations),
      ])
    }
    try stats.function("mann_whitney(a, b)") { call in
      let test = try MannWhitney(call.sample(1).values, call.sample(2).values)
      return LuaFields([
        ("u", test.u), ("p", test.pValue), ("exact", test.isExact), ("cliffs_delta", test.cliffsDelta),
      ])
    }
    try stats.function("sign_test(a, b)") { call in
      let test = try SignTest(call.sample(1).values, call.sample(2).values)
      return LuaFields([
        ("first", test.first), ("second", test.second), ("ties", test.ties), ("p", test.pValue),
      ])
    }
    try stats.function("mcnemar(a, b)") { call in
      let (a, b) = (try call.answers(1), try call.answers(2))
      let test = try SignTest(a.map { $0 ? 1 : 0 }, b.map { $0 ? 1 : 0 })
      return LuaFields([
        ("only_first", test.first), ("only_second", test.second),
        ("both", zip(a, b).count { $0 && $1 }), ("neither", zip(a, b).count { !$0 && !$1 }),
        ("p", test.pValue),
      ])
    }
    try stats.function("holm(p)") { call in
      let values = (try call[1] as Numbers).values
      do { return try MultipleTesting.holm(values) } catch { throw LuaArgumentError(1, "\(error)") }
    }
    try addCorrelations(to: stats)
  }

  private static func addCorrelations(to stats: LuaModule) throws {
    try stats.function("pearson(x, y, {level})") { call in
      try Correlation.pearson(call.sample(1).values, call.sample(2).values, level: call.level()).fields
    }
    try stats.function("spearman(x, y, {level})") { call in
      try Correlation.spearman(call.sample(1).values, call.sample(2).values, level: call.level()).fields
    }
    try stats.function("kendall(x, y, {level})") { call in
      try Correlation.kendall(call.sample(1).values, call.sample(2).values, level: call.level()).fields
    }
  }
}

extension Correlation {
  fileprivate var fields: LuaFields {
    LuaFields(
      [("estimate", coefficient), ("p", pValue), ("n", count)] + (interval?.fields ?? []))
  }
}

extension LuaCall {
  /// Yes and no: booleans, or 1 and 0.
  func answers(_ position: Int) throws -> [Bool] { try (argument(position) as [Answer]).map(\.isYes) }
}

private struct Answer: LuaReadable {
  let isYes: Bool

  static func read(_ slot: LuaSlot) throws -> Answer {
    if let value = slot.boolean { return Answer(isYes: value) }
    guard let number = slot.number, number == 0 || number == 1 else {
      throw LuaMismatch(expected: "boolean, 0 or 1", got: slot)
    }
    return Answer(isYes: number == 1)
  }
}
