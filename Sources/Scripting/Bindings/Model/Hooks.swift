import Lua
import Models
import Tensor

/// The option `hooks`: a list of `{ pattern, function(value, site) … end }`, called in this order. Anything else that
/// the tables hold is a slip: it would never run.
enum LuaHooks {
  static func read(_ options: LuaOptions) throws -> [Hook] {
    guard try options.has("hooks") else { return [] }
    return try options.read("hooks") { list in
      guard list.kind == .table else {
        throw LuaMismatch(expected: "list of { pattern, function }", got: list)
      }
      if let key = try strayKey(list, count: list.count) {
        throw LuaMismatch(
          "a list of { pattern, function } expected, as hooks are called in order; write "
            + "{ { \(key), function } } for { [\(key)] = function }")
      }
      return try (0..<list.count).map { place in
        try list.withItem(place + 1) { try hook($0, place: place + 1) }
      }
    }
  }

  private static func hook(_ slot: LuaSlot, place: Int) throws -> Hook {
    guard slot.kind == .table else {
      throw LuaMismatch("{ pattern, function } expected at [\(place)], got \(slot.described)")
    }
    if let key = try strayKey(slot, count: 2) {
      throw LuaMismatch("{ pattern, function } expected at [\(place)], which has [\(key)] besides")
    }
    do {
      let pattern: String = try slot.withItem(1, String.read)
      let function: LuaFunction = try slot.withItem(2, LuaFunction.read)
      return try Hook(pattern) { value, site in try call(function, value, site) }
    } catch let error as LuaMismatch {
      throw LuaMismatch("{ pattern, function } expected at [\(place)]: \(error)")
    }
  }

  /// A key of a table that is not a place in a list of so many entries, as it would be written between brackets.
  private static func strayKey(_ slot: LuaSlot, count: Int) throws -> String? {
    var stray: String?
    try slot.forEachPair { key, _ in
      if let place = key.integer, (1...max(count, 1)).contains(place), place <= count { return }
      stray = stray ?? key.string.map { "\"\($0)\"" } ?? key.described
    }
    return stray
  }

  /// nil keeps the value, a tensor replaces it; anything else is a slip.
  private static func call(_ function: LuaFunction, _ value: Tensor, _ site: Site) throws -> Tensor? {
    do {
      return try function.call(value, LuaSite(site), returning: Tensor?.self)
    } catch let error as LuaMismatch {
      throw ScriptingError("a hook on '\(site.name)' must return nil or a tensor (\(error))")
    }
  }
}

/// Where and when a hook is called, as a table.
private struct LuaSite: LuaPushable {
  let site: Site

  init(_ site: Site) { self.site = site }

  func push(to state: LuaState) throws {
    let rows = site.rows.map { row in
      var fields: [(String, any LuaPushable)] = [("sample", row.sample + 1), ("cond", row.isConditional)]
      if let chunk = row.chunk {
        fields += [("chunk", chunk + 1), ("samples", row.samples.map { $0 + 1 })]
      }
      return LuaFields(fields)
    }
    try LuaFields([
      ("name", site.name), ("input", site.input?.rawValue), ("tile", site.tile), ("step", site.step),
      ("timestep", site.timestep), ("height", site.height),
      ("width", site.width), ("rows", rows),
    ]).push(to: state)
  }
}
