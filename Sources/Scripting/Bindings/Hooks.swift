import Lua
import Models
import Tensor

/// The option `hooks`: a list of `{ pattern, function(value, site) … end }`, called in this order.
enum LuaHooks {
  static func read(_ options: LuaOptions) throws -> [Hook] {
    guard try options.has("hooks") else { return [] }
    return try options.read("hooks") { list in
      guard list.kind == .table else {
        throw LuaMismatch(expected: "list of { pattern, function }", got: list)
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
    do {
      let pattern: String = try slot.withItem(1, String.read)
      let function: LuaFunction = try slot.withItem(2, LuaFunction.read)
      return try Hook(pattern) { value, site in try call(function, value, site) }
    } catch let error as LuaMismatch {
      throw LuaMismatch("{ pattern, function } expected at [\(place)]: \(error)")
    }
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
    let rows = site.rows.map { row in LuaFields([("sample", row.sample + 1), ("cond", row.isConditional)]) }
    try LuaFields([
      ("name", site.name), ("step", site.step), ("timestep", site.timestep), ("height", site.height),
      ("width", site.width), ("rows", rows),
    ]).push(to: state)
  }
}
