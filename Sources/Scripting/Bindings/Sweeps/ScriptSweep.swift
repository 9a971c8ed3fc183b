import Encoding
import Glibc
import Lua
import Platform
import Sweeps
import Tensor

/// A sweep as scripts hold it: its plan, its folder, and the function that measures an item.
public final class ScriptSweep {
  public let plan: SweepPlan
  public let folder: String
  private let function: LuaFunction
  /// Whether the function takes a list of items and gives a list of rows.
  private let isBatched: Bool
  private let isTemporary: Bool
  /// What has been measured; read when somebody first asks.
  private(set) var store: SweepStore?

  /// - Parameter isTemporary: whether the folder goes with the sweep.
  init(plan: SweepPlan, folder: String, isTemporary: Bool, function: LuaFunction, isBatched: Bool) {
    (self.plan, self.folder, self.function, self.isBatched) = (plan, folder, function, isBatched)
    self.isTemporary = isTemporary
  }

  deinit { if isTemporary { Folder.remove(folder) } }

  /// For who keeps nothing beyond the session, as at the prompt.
  static func makeTemporaryFolder() throws -> String {
    let place = getenv("TMPDIR").map { String(cString: $0) } ?? ""
    do throws(FileError) {
      return try Folder.makeUnique("\(place.isEmpty ? "/tmp" : place)/lunette-sweep-")
    } catch {
      throw ScriptingError(error.description)
    }
  }

  /// What has been measured.
  public func measured() throws -> SweepStore {
    if let store { return store }
    return try reload()
  }

  /// Reads what has been measured anew: other processes may have measured since.
  @discardableResult
  public func reload() throws -> SweepStore {
    let store = SweepStore(folder: folder, plan: plan)
    do throws(FileError) { try store.load() } catch { throw ScriptingError(error.description) }
    self.store = store
    return store
  }

  // MARK: Measuring

  /// Measures the items of one unit. What the function raises is what came of the items; an interrupt is thrown.
  public func measure(_ items: [(place: Int, item: SweepItem)], in state: LuaState) throws -> [SweepRecord] {
    guard let first = items.first else { return [] }
    try Self.seedStreams(plan.id(of: first.place), in: state)
    do {
      let arguments: [any LuaPushable] = items.map { item in
        LuaFields(item.item.fields.members.map { ($0, $1) })
      }
      return try function.call(with: [isBatched ? LuaList(arguments) : arguments[0]]) { results in
        guard let result = results.first else {
          throw ScriptingError("each: a table of results expected, got no value")
        }
        guard isBatched else { return [try record(result, items[0])] }
        guard result.kind == .table, result.count == items.count else {
          throw ScriptingError(
            "each: a list of \(items.count) results expected for a batch of so many items, got "
              + (result.kind == .table ? "\(result.count)" : result.described))
        }
        return try items.enumerated().map { index, item in
          try result.withItem(index + 1) { try record($0, item) }
        }
      }
    } catch let error as LuaError where error.kind == .interrupted || error.kind == .limit {
      throw error
    } catch {
      let traceback = (error as? LuaError)?.traceback.map(\.description) ?? []
      return items.map {
        SweepRecord(
          id: plan.id(of: $0.place), item: $0.item,
          outcome: .failure(message: "\(error)", traceback: traceback))
      }
    }
  }

  private func record(_ slot: LuaSlot, _ item: (place: Int, item: SweepItem)) throws -> SweepRecord {
    let id = plan.id(of: item.place)
    let row = SweepRow(id: id, item: item.item, folder: folder)
    return SweepRecord(id: id, item: item.item, outcome: .row(try row.read(slot)))
  }

  /// Random numbers for which nobody names a seed begin anew with each unit, so that it gives the same whatever was measured before it,
  /// and where.
  static func seedStreams(_ text: String, in state: LuaState) throws {
    let seed = SHA256(Array(text.utf8)).bytes.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    let host = try state.scriptHost
    host.random.generator = TorchCPUGenerator(seed: seed)
    host.onSeed?(seed)
    let math: LuaTable = try state.globals.get("math")
    try (math.get("randomseed") as LuaFunction).call(Int(bitPattern: UInt(seed)))
  }

  /// Measures what is missing in this process.
  func run(in state: LuaState, retriesFailures: Bool) throws {
    let host = try state.scriptHost
    let store = try reload()
    report(problemsOf: store, to: host)
    let missing = store.missingUnits(retriesFailures: retriesFailures)
    if !missing.isEmpty || !store.problems.isEmpty {
      do throws(FileError) {
        try store.prepare()
        try store.mend()
      } catch { throw ScriptingError(error.description) }
      let run = SweepRun(store) { try self.measure($0, in: state) }
      var step = 0
      defer { try? run.finish() }
      try run.measure(
        missing, retriesFailures: retriesFailures,
        onUnit: { _, _ in
          step += 1
          host.onProgress?(.init(label: plan.name, step: step, steps: missing.count))
        })
      try run.finish()
    }
    try Self.seedStreams(plan.fingerprint, in: state)
  }

  func report(problemsOf store: SweepStore, to host: ScriptHost) {
    for problem in store.problems { host.onWarning?("\(folder): \(problem)") }
    if store.staleCount > 0 { host.onWarning?(Self.staleText(store)) }
  }

  /// Says that a change makes items be measured anew.
  public static func staleText(_ store: SweepStore) -> String {
    "\(store.plan.name): \(store.staleCount) items were measured with another model, judge or function; they are measured anew"
  }
}
