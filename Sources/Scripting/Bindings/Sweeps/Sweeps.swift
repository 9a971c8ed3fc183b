import Encoding
import Lua
import Notebook
import Platform
import Sweeps

extension Bindings {
  /// `lunette.sweep{ … }`: a function of one item, measured for each item of a grid, once.
  static func addSweeps(to lunette: LuaModule) throws {
    try lunette.function("sweep({name, items, each, batch, together, version, folder})") { call in
      guard let name: String = try call["name"] else {
        throw call.options.complaint("name", "the sweep's name expected, got nil")
      }
      guard let each: LuaFunction = try call["each"] else {
        throw call.options.complaint("each", "a function of one item expected, got nil")
      }
      let items = try call.options.read("items") { try SweepItems.read($0) }.items
      let batch: Int? = try call["batch"]
      let together: [String]? = try call["together"]
      if let field = together?.first(where: { field in !items.contains { $0.fields[field] != nil } }) {
        throw call.options.complaint("together", "names of the items' fields expected, got '\(field)'")
      }
      if together != nil, batch == nil {
        throw call.options.complaint("together", "goes only together with 'batch'")
      }
      let fingerprint = try SweepFingerprint.of(each, version: call["version"], in: call.state)
      let plan: SweepPlan
      do throws(SweepError) {
        plan = try SweepPlan(
          name: name, items: items, fingerprint: fingerprint, batch: batch ?? 1,
          together: together.map(Set.init))
      } catch { throw LuaArgumentError(1, "option '\(error)'") }
      let host = try call.state.scriptHost
      let asked = try host.sweepFolder ?? call["folder"] ?? host.outputFolder.map { "\($0)/\(name)" }
      if let asked { try call.checkNewFolder(asked) }
      return ScriptSweep(
        plan: plan, folder: try asked ?? ScriptSweep.makeTemporaryFolder(), isTemporary: asked == nil,
        function: each,
        isBatched: batch != nil)
    }
  }
}

/// The items of a plan: a table of values by field, whose combinations are meant, or a list of items.
private struct SweepItems: LuaReadable {
  let items: [SweepItem]

  static func read(_ slot: LuaSlot) throws -> SweepItems {
    guard slot.kind == .table else {
      throw LuaMismatch(expected: "table of values by field, or list of items", got: slot)
    }
    do {
      if slot.count > 0 {
        return SweepItems(
          items: try SweepGrid.unique(
            (0..<slot.count).map { place in
              guard
                case .object(let fields) = try slot.withItem(place + 1, { try SweepRow.plain($0, depth: 0) })
              else {
                throw LuaMismatch("values by field expected at [\(place + 1)]")
              }
              return SweepItem(fields)
            }))
      }
      var axes: [(name: String, values: [JSON])] = []
      try slot.forEachPair { key, value in
        guard let name = key.string else {
          throw LuaMismatch("names of fields expected, got [\(key.described)]")
        }
        guard case .array(let values) = try SweepRow.plain(value, depth: 0) else {
          // One value is a list of one.
          axes.append((name, [try SweepRow.plain(value, depth: 0)]))
          return
        }
        axes.append((name, values))
      }
      return SweepItems(items: try SweepGrid.product(axes))
    } catch let error as SweepError { throw LuaMismatch(error.description) }
  }
}

extension ScriptSweep: Displayable {
  public static var luaName: String { "sweep" }

  func mimeBundle() throws -> MIMEBundle { MIMEBundle(plain: try inWords()) }

  private func inWords() throws -> String {
    let store = try measured()
    let failures = store.failures.count
    return "sweep \(plan.name): \(store.doneCount) of \(plan.items.count) items measured"
      + (failures > 0 ? ", \(failures) failed" : "")
  }

  public static func describe(_ type: LuaType<ScriptSweep>) throws {
    type.property("name") { $0.plan.name }
    type.property("fingerprint") { $0.plan.fingerprint }
    type.property("folder") { $0.folder }
    type.property("count") { $0.plan.items.count }
    try type.method("run({workers, retry})") { sweep, call in
      try sweep.run(call)
      return LuaMany()
    }
    try type.method("rows({workers, retry, failed, pictures})") { sweep, call in try sweep.rows(call) }
    try type.method("failures()") { sweep, _ in
      LuaList(
        try sweep.measured().failures.map { _, record in
          guard case .failure(let message, let traceback) = record.outcome else { return LuaFields([]) }
          return LuaFields([
            ("item", JSON.object(record.item.fields)), ("message", message), ("traceback", traceback),
          ])
        })
    }
    try type.method("status()") { sweep, _ in
      let store = try sweep.reload()
      return LuaFields([
        ("done", store.doneCount), ("failed", store.failures.count), ("all", sweep.plan.items.count),
        ("stale", store.staleCount),
      ])
    }
    try type.method("save(path)") { sweep, call in
      let path: String = try call[1]
      try call.checkWriting(path)
      try sweep.save(to: path)
      return LuaMany()
    }
    try type.method("sheet({field, where, label, columns, most})") { sweep, call in try sweep.sheet(call) }
    try type.metamethod("__tostring") { sweep, _ in try sweep.inWords() }
    try type.metamethod("__len") { sweep, _ in sweep.plan.items.count }
    try type.showsItself()
  }

  private func run(_ call: LuaCall) throws {
    let host = try call.state.scriptHost
    let retries: Bool = try call["retry"] ?? false
    let workers: Int? = try call["workers"]
    if let workers, !(0...1024).contains(workers) {
      throw call.options.complaint(
        "workers", "number of processes from 1 to 1024 expected, 0 for one a core, got \(workers)")
    }
    if let serve = host.serveSweep, try serve(self) { return }
    guard let workers else { return try run(in: call.state, retriesFailures: retries) }
    guard let measure = host.measureSweep else {
      throw call.options.complaint(
        "workers",
        "other processes can only run a script that lies in a file: lunette run SCRIPT, or lunette sweep run PLAN"
      )
    }
    try measure(self, workers, retries)
    try reload()
    try Self.seedStreams(plan.fingerprint, in: call.state)
  }

  private func rows(_ call: LuaCall) throws -> LuaFunction {
    let handling: String = try call["failed"] ?? "raise"
    guard ["raise", "skip"].contains(handling) else {
      throw call.options.complaint("failed", "'raise' or 'skip' expected, got '\(handling)'")
    }
    let opensPictures: Bool = try call["pictures"] ?? true
    try run(call)
    let store = try measured()
    let failures = store.failures
    if handling == "raise", let first = failures.first?.record, case .failure(let message, _) = first.outcome
    {
      throw ScriptingError(
        "\(failures.count) of \(plan.items.count) items failed, the first is \(first.item.text): \(message) "
          + "(rows{ retry = true } measures them again, rows{ failed = \"skip\" } goes on without them)")
    }
    let (records, folder) = (store.sorted, folder)
    var place = 0
    return try call.state.function("next(...)") { _ -> LuaMany in
      guard place < records.count else { return LuaMany(LuaValue.nil) }
      defer { place += 1 }
      return LuaMany(try SweepRow.pushable(records[place], in: folder, opensPictures: opensPictures))
    }
  }

  /// Writes what was measured as CSV, JSON lines or SQLite, as the name ends.
  public func save(to path: String) throws {
    let store = try measured()
    if path.hasSuffix(".csv") {
      try TextFile.write(SweepReport(store.sorted).csv(), to: path)
    } else if path.hasSuffix(".jsonl") || path.hasSuffix(".json") {
      try TextFile.write(SweepReport(store.sorted).jsonLines(), to: path)
    } else if path.hasSuffix(".sqlite") || path.hasSuffix(".db") {
      do throws(SweepError) { try SweepDatabase.write(store, to: path) } catch {
        throw ScriptingError(error.description)
      }
    } else {
      throw LuaArgumentError(1, "name ending in .csv, .jsonl or .sqlite expected, got '\(path)'")
    }
  }
}
