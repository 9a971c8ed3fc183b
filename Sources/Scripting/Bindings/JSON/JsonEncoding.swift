import Encoding
import Lua

/// A Lua value as JSON: tables with the keys 1 … n are lists, as are empty ones; tables with names are objects, sorted by
/// name.
struct JSONArgument: LuaReadable {
  let json: JSON

  static func read(_ slot: LuaSlot) throws -> JSONArgument { JSONArgument(json: try json(slot, depth: 0)) }

  private static let deepest = 100

  private static func json(_ slot: LuaSlot, depth: Int) throws -> JSON {
    switch slot.kind {
    case .none, .nil: return .null
    case .boolean: return .bool(slot.boolean ?? false)
    case .number: return try number(slot)
    case .string: return .string(try String.read(slot))
    case .table:
      guard depth < deepest else { throw LuaMismatch("tables nested less than \(deepest) deep expected") }
      try slot.state.checkInterrupt()
      return try table(slot, depth: depth + 1)
    default:
      throw LuaMismatch(expected: "nil, boolean, number, string or table", got: slot)
    }
  }

  private static func number(_ slot: LuaSlot) throws -> JSON {
    if case .integer(let value) = try LuaValue.read(slot) { return .number(value) }
    let value = slot.number ?? 0
    guard value.isFinite else { throw LuaMismatch("finite number expected, got \(value)") }
    return .number(value)
  }

  private static func table(_ slot: LuaSlot, depth: Int) throws -> JSON {
    let count = slot.count
    var members: [(String, JSON)] = []
    var pairs = 0
    try slot.forEachPair { key, value in
      pairs += 1
      guard key.kind == .string, let name = key.string else { return }
      do { members.append((name, try json(value, depth: depth))) } catch let error as LuaMismatch {
        throw LuaMismatch("\(error) at .\(name)")
      }
    }
    if pairs == count {
      return .array(try (0..<count).map { try slot.withItem($0 + 1) { try json($0, depth: depth) } })
    }
    guard members.count == pairs else {
      throw LuaMismatch("a list without holes, or names only, expected in each table")
    }
    var object: JSON.Object = [:]
    for (name, value) in members.sorted(by: { $0.0 < $1.0 }) { object[name] = value }
    return .object(object)
  }
}

extension Bindings {
  /// `lunette.json.encode`: one line, the same for equal values.
  static func addJSONEncoding(to json: LuaModule) throws {
    try json.function("encode(value)") { call in
      try call.argument(1, as: JSONArgument.self).json.text()
    }
  }
}
