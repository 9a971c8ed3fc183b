import Encoding
import Lua

/// Numbers written as integers become integers, objects and lists tables, null nil (so that a list with null has a
/// hole).
extension JSON: LuaPushable {
  public func push(to state: LuaState) throws { try pushable.push(to: state) }

  private var pushable: any LuaPushable {
    switch self {
    case .null: LuaValue.nil
    case .bool(let value): value
    case .number(let number): number.pushable
    case .string(let text): text
    case .array(let items): LuaList(items)
    case .object(let object): LuaFields(object.members.map { ($0, $1) })
    }
  }
}

extension JSON.Number {
  fileprivate var pushable: any LuaPushable { if let whole = Int(literal) { whole } else { double } }
}

extension Bindings {
  /// `lunette.json`: facts that a plugin keeps in a file.
  static func addJSON(to lunette: LuaModule) throws {
    let json = try lunette.module("json")
    try json.function("decode(text)") { call -> JSON in
      do { return try JSON(parsing: call[1] as String) } catch let error as JSONError {
        throw LuaArgumentError(1, "JSON expected: \(error)")
      }
    }
    try addJSONEncoding(to: json)
    try json.function("load(path)") { call -> LuaMany in
      let path: String = try call[1]
      do {
        try call.checkReading(path)
        return LuaMany(try JSON(parsing: TextFile.read(path)))
      } catch let error as JSONError {
        return LuaMany(LuaValue.nil, "\(path): \(error)")
      } catch { return LuaMany(LuaValue.nil, "\(error)") }
    }
  }
}
