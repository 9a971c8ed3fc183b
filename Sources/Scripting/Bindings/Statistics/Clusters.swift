import Lua
import Statistics
import Tensor

extension Bindings {
  /// Estimates from observations in clusters, intervals of several outcomes together, and of what a judge has said.
  static func addClusteredEstimates(to stats: LuaModule) throws {
    try stats.function("clustered_mean(x, {clusters, null, level})") { call in
      let x = try call.sample(1).values
      return try ClusteredMean(
        x, units: call.neededClusters(), null: call["null"] ?? 0, level: call.level()
      ).fields
    }
    try stats.function("clustered_difference(a, b, {clusters, level})") { call in
      try ClusteredMean(
        call.sample(1).values, minus: call.sample(2).values, units: call.neededClusters(), level: call.level()
      ).fields
    }
    try stats.function("clustered_share(answers, {clusters, level})") { call in
      let share = try ClusteredShare(call.answers(1), units: call.neededClusters(), level: call.level())
      return LuaFields(
        [("estimate", share.estimate)] + share.interval.fields + [
          ("clusters", share.clusters), ("n", share.count), ("effective_n", share.effectiveCount),
        ])
    }
    try stats.function("sidak(count, {level})") { call in
      try MultipleTesting.sidak(call[1], level: call.level())
    }
    try stats.function("simultaneous(outcomes, {clusters, level, draws, seed})") { call in
      let outcomes: Columns = try call[1]
      let count = outcomes.columns.first?.count ?? 0
      var generator = try call.generator()
      let found = try SimultaneousMeans(
        outcomes.columns, units: call.clusters() ?? Units(Array(0..<count)), level: call.level(),
        draws: call["draws"] ?? 20_000, using: &generator)
      return found.means.indices.map { place in
        let mean = found.means[place]
        return LuaFields(
          (outcomes.names.map { [("name", $0[place])] } ?? []) + [
            ("estimate", mean.estimate), ("standard_error", mean.standardError), ("p", found.pValues[place]),
            ("reach", found.reach), ("clusters", mean.clusters), ("n", mean.count),
          ] + found.intervals[place].fields)
      }
    }
    try stats.function(
      "prediction_powered(truth, labelled, unlabelled, {weight, clusters, unlabelled_clusters, level})"
    ) { call in
      let found = try PredictionPowered(
        truth: call.sample(1).values,
        labelled: .init(call.sample(2).values, units: call.clusters()),
        unlabelled: .init(call.sample(3).values, units: call.clusters("unlabelled_clusters")),
        weight: call["weight"], level: call.level())
      return LuaFields(
        [("estimate", found.estimate)] + found.interval.fields + [
          ("standard_error", found.standardError), ("weight", found.weight),
        ])
    }
  }
}

extension ClusteredMean {
  fileprivate var fields: LuaFields {
    LuaFields(
      [("estimate", estimate)] + interval.fields + [
        ("standard_error", standardError), ("p", pValue), ("degrees", degrees), ("clusters", clusters),
        ("n", count),
      ])
  }
}

extension LuaCall {
  /// An option that names the cluster of each observation: a label (string or number), or a pair of them, `{"cat", "owl"}`,
  /// where observations are of pairs.
  func clusters(_ name: String = "clusters") throws -> Units? {
    guard let labels: [ClusterLabels] = try self[name] else { return nil }
    let pairs = labels.compactMap(\.pair)
    if pairs.isEmpty { return Units(labels.map(\.first)) }
    guard pairs.count == labels.count else {
      throw options.complaint(name, "a label for each observation, or a pair of labels for each, expected")
    }
    return Units(pairs: pairs)
  }

  fileprivate func neededClusters() throws -> Units {
    guard let clusters = try clusters() else {
      throw options.complaint("clusters", "a list with the cluster of each observation expected, got nil")
    }
    return clusters
  }
}

private struct ClusterLabels: LuaReadable {
  let first: String
  var second: String?

  var pair: (String, String)? { second.map { (first, $0) } }

  static func read(_ slot: LuaSlot) throws -> ClusterLabels {
    guard slot.kind == .table else { return ClusterLabels(first: try label(slot)) }
    guard slot.count == 2 else {
      throw LuaMismatch("label or pair of labels expected, got a table of \(slot.count)")
    }
    return ClusterLabels(first: try slot.withItem(1, label), second: try slot.withItem(2, label))
  }

  private static func label(_ slot: LuaSlot) throws -> String {
    guard slot.kind == .string || slot.kind == .number else {
      throw LuaMismatch(expected: "string or number", got: slot)
    }
    return try slot.tostring()
  }
}

/// Lists of numbers: a list of them, or by name, in the order of the names.
private struct Columns: LuaReadable {
  var names: [String]?
  var columns: [[Double]] = []

  static func read(_ slot: LuaSlot) throws -> Columns {
    guard slot.kind == .table else { throw LuaMismatch(expected: "table of lists of numbers", got: slot) }
    if slot.count > 0 { return Columns(columns: try [Numbers].read(slot).map(\.values)) }
    var named: [String: [Double]] = [:]
    try slot.forEachPair { key, value in
      guard let name = key.string else { return }
      do { named[name] = try Numbers.read(value).values } catch {
        throw LuaMismatch("outcome '\(name)': \(error)")
      }
    }
    let names = named.keys.sorted()
    return Columns(names: names, columns: names.compactMap { named[$0] })
  }
}
