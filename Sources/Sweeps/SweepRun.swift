import Platform

/// Measures what is missing, in this process.
public struct SweepRun {
  /// What came of the items of one unit, in their order.
  public typealias Measure = (_ items: [(place: Int, item: SweepItem)]) throws -> [SweepRecord]

  private let store: SweepStore
  private let writer: PartWriter
  private let measure: Measure

  public init(_ store: SweepStore, part: SweepPart = .whole, measure: @escaping Measure) {
    self.store = store
    self.measure = measure
    writer = PartWriter(folder: store.folder, part: part, plan: store.plan)
  }

  /// Measures these units one after the other, and those of their items alone that are missing.
  ///
  /// - Parameters:
  ///   - onUnit: after each unit: how many of its items were measured, and how many failed.
  ///   - isAskedToEnd: asked before each unit; if it says so, the rest is left.
  public func measure(
    _ units: [Int], retriesFailures: Bool = false, onUnit: (_ measured: Int, _ failed: Int) throws -> Void,
    isAskedToEnd: () -> Bool = { false }
  ) throws {
    for unit in units {
      if isAskedToEnd() { return }
      let places = store.plan.units[unit].filter { place in
        guard let record = store.records[place] else { return true }
        return retriesFailures && record.row == nil
      }
      guard !places.isEmpty else { continue }
      let records = try measure(places.map { ($0, store.plan.items[$0]) })
      try writer.append(records)
      store.note(records)
      let failed = records.count { $0.row == nil }
      try onUnit(records.count - failed, failed)
    }
  }

  /// Puts what was measured on the disk.
  public func finish() throws { try writer.finish() }
}
