import Lua
import Models
import Tensor

/// The options `hooks`, `record` and `patch` of a call: all of them are hooks, called in the order patches, hooks, record.
enum ProbeOptions {
  static let keys = ["hooks", "record", "patch"]

  static func read(_ options: LuaOptions) throws -> (hooks: [Hook], record: Record?) {
    let record = try RecordArgument.read(options)
    let patches = try PatchArgument.read(options)
    return (
      patches.flatMap { $0.hooks() } + (try LuaHooks.read(options)) + (record?.hooks() ?? []), record
    )
  }
}

/// The option `record`: a pattern of sites, a list of them, or `{ sites =, steps =, uncond = }`.
enum RecordArgument {
  static func read(_ options: LuaOptions) throws -> Record? {
    guard try options.has("record") else { return nil }
    let isNamed = try options.read("record") { $0.kind == .table && $0.count == 0 }
    guard isNamed, let table = try options.table("record", keys: ["sites", "steps", "uncond"]) else {
      return Record((try options["record"] as SitePatterns).patterns)
    }
    guard let sites: SitePatterns = try table["sites"] else {
      throw table.complaint("sites", "a pattern of sites, or a list of them expected")
    }
    let steps: StepRange? = try table["steps"]
    return Record(sites.patterns, steps: steps?.range, unconditional: try table["uncond"] ?? true)
  }
}

/// The option `patch`: a list of tables.
enum PatchArgument {
  private static let keys = [
    "from", "add", "value", "mean", "sites", "heads", "tokens", "steps", "rows", "samples", "index", "scale",
  ]

  static func read(_ options: LuaOptions) throws -> [Patch] {
    guard try options.has("patch") else { return [] }
    let isOne = try options.read("patch") { $0.kind == .table && $0.count == 0 }
    if isOne, let table = try options.table("patch", keys: keys) { return [try patch(table)] }
    return try options.eachTable("patch", keys: keys, patch)
  }

  private static func patch(_ options: LuaOptions) throws -> Patch {
    guard let sites: SitePatterns = try options["sites"] else {
      throw options.complaint("sites", "a pattern of sites, or a list of them expected")
    }
    let given = try ["from", "add", "value"].filter { try options.has($0) }
    if given.count > 1 { throw options.complaint(given[1], "cannot go together with '\(given[0])'") }
    let mean = try mean(options)
    var patch = Patch(try source(options, given.first, mean: mean), sites: sites.patterns)
    patch.adds = given == ["add"]
    patch.mean = mean
    patch.scale = try options["scale"] ?? 1
    guard patch.scale.isFinite else { throw options.complaint("scale", "a finite number expected") }
    patch.heads = try positions(options, "heads")
    patch.tokens = try positions(options, "tokens")
    patch.samples = try positions(options, "samples")
    patch.steps = (try options["steps"] as StepRange?)?.range
    if let rows: String = try options["rows"] {
      guard let half = Patch.Half(rawValue: rows) else {
        throw options.complaint("rows", "'both', 'cond' or 'uncond' expected, got '\(rows)'")
      }
      patch.half = half
    }
    return patch
  }

  private static func source(_ options: LuaOptions, _ given: String?, mean: Patch.Mean) throws -> Patch.Source
  {
    if given != "from", try options.has("index") {
      throw options.complaint("index", "goes only together with 'from'")
    }
    switch given {
    case "from":
      let record: LuaRecord = try options["from"]
      let index: Int? = try options["index"]
      if let index, index < 1 { throw options.complaint("index", "pictures count from 1, got \(index)") }
      if index != nil, mean == .samples || mean == .all {
        throw options.complaint("index", "cannot go together with a mean over all pictures")
      }
      return .record(record.record, sample: index.map { $0 - 1 })
    case let key?:
      if mean != .none { throw options.complaint("mean", "cannot go together with '\(key)'") }
      return .value(try (options[key] as Operand).asTensor())
    case nil:
      guard mean != .none else {
        throw options.complaint("from", "one of from, add, value and mean expected")
      }
      guard mean == .positions else {
        throw options.complaint(
          "mean", "a mean over pictures goes only together with 'from'; 'positions' goes alone")
      }
      return .own
    }
  }

  private static func mean(_ options: LuaOptions) throws -> Patch.Mean {
    if let wanted = try options.read("mean", { $0.boolean }) {
      guard wanted else { return .none }
      return try options.has("from") ? .all : .positions
    }
    guard let name: String = try options["mean"] else { return .none }
    guard let mean = Patch.Mean(rawValue: name), mean != .none else {
      throw options.complaint("mean", "true, 'positions', 'samples' or 'all' expected, got '\(name)'")
    }
    return mean
  }

  /// A number from 1, or a list of them; counted from 0 in Swift.
  private static func positions(_ options: LuaOptions, _ key: String) throws -> [Int]? {
    guard try options.has(key) else { return nil }
    let isList = try options.read(key) { $0.kind } == .table
    let given: [Int] = isList ? try options[key] : [try options[key]]
    guard let first = given.first(where: { $0 < 1 }) else {
      guard !given.isEmpty else {
        throw options.complaint(key, "at least one number expected, got an empty list")
      }
      return given.map { $0 - 1 }
    }
    throw options.complaint(key, "they count from 1, got \(first)")
  }
}

/// A step, or the first and last of several: `3`, `{ 1, 10 }`.
struct StepRange: LuaReadable {
  let range: ClosedRange<Int>

  static func read(_ slot: LuaSlot) throws -> StepRange {
    let ends = slot.kind == .table ? try [Int].read(slot) : [try Int.read(slot)]
    guard ends.count == 1 || ends.count == 2, let first = ends.first, let last = ends.last, first >= 1,
      first <= last
    else { throw LuaMismatch("a step, or {first, last} with 1 ≤ first ≤ last expected") }
    return StepRange(range: first...last)
  }
}
