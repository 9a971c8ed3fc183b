import CLua54
import CLuaBridge

/// A Swift type that can be made from a Lua value.
public protocol LuaReadable {
  /// - Throws: `LuaMismatch`, "number expected, got string".
  static func read(_ slot: LuaSlot) throws -> Self
}

/// A Swift type that can be given to Lua.
public protocol LuaPushable: LuaResults {
  /// Pushes exactly one value.
  func push(to state: LuaState) throws
}

/// What a bound function may return: a value, `LuaMany` values, or a `LuaStep`.
public protocol LuaResults {
  /// Pushes the results and answers the trampoline.
  func pushAll(for call: LuaCall) throws -> Int32
}

extension LuaPushable {
  public func pushAll(for call: LuaCall) throws -> Int32 {
    try call.state.push(self)
    return 1
  }
}

/// Several results, or none.
public struct LuaMany: LuaResults {
  public var values: [any LuaPushable]

  public init(_ values: any LuaPushable...) { self.values = values }
  public init(list values: [any LuaPushable]) { self.values = values }

  public func pushAll(for call: LuaCall) throws -> Int32 { try call.state.pushResults(values) }
}

extension LuaState {
  /// Pushes one value; the stack is as before when it throws.
  func push(_ value: some LuaPushable) throws {
    let top = lua_gettop(try room())
    do { try value.push(to: self) } catch {
      lua_settop(thread, top)
      throw error
    }
  }
}

extension Bool: LuaReadable, LuaPushable {
  public static func read(_ slot: LuaSlot) throws -> Bool {
    guard let value = slot.boolean else { throw LuaMismatch(expected: "boolean", got: slot) }
    return value
  }
  public func push(to state: LuaState) throws { lua_pushboolean(state.thread, self ? 1 : 0) }
}

extension Int: LuaReadable, LuaPushable {
  public static func read(_ slot: LuaSlot) throws -> Int {
    guard let value = slot.integer else { throw LuaMismatch(expected: "integer", got: slot) }
    return value
  }
  public func push(to state: LuaState) throws { lua_pushinteger(state.thread, lua_Integer(self)) }
}

/// Seeds: Lua's integers are 64 bits wide, and their bits are what counts.
extension UInt64: LuaReadable, LuaPushable {
  public static func read(_ slot: LuaSlot) throws -> UInt64 { UInt64(bitPattern: Int64(try Int.read(slot))) }
  public func push(to state: LuaState) throws { lua_pushinteger(state.thread, lua_Integer(bitPattern: self)) }
}

extension Double: LuaReadable, LuaPushable {
  public static func read(_ slot: LuaSlot) throws -> Double {
    guard let value = slot.number else { throw LuaMismatch(expected: "number", got: slot) }
    return value
  }
  public func push(to state: LuaState) throws { lua_pushnumber(state.thread, self) }
}

extension Float: LuaReadable, LuaPushable {
  public static func read(_ slot: LuaSlot) throws -> Float { Float(try Double.read(slot)) }
  public func push(to state: LuaState) throws { lua_pushnumber(state.thread, Double(self)) }
}

extension String: LuaReadable, LuaPushable {
  public static func read(_ slot: LuaSlot) throws -> String {
    guard let value = slot.string else { throw LuaMismatch(expected: "string", got: slot) }
    return value
  }
  public func push(to state: LuaState) throws {
    var copy = self
    let status = copy.withUTF8 { utf8 in
      utf8.withMemoryRebound(to: CChar.self) { lb_push_string(state.thread, $0.baseAddress, $0.count) }
    }
    try state.check(status)
  }
}

/// A Lua string as bytes.
public struct LuaBytes: LuaReadable, LuaPushable {
  public var bytes: [UInt8]

  public init(_ bytes: [UInt8]) { self.bytes = bytes }

  public static func read(_ slot: LuaSlot) throws -> LuaBytes {
    guard let bytes = slot.withBytes({ [UInt8]($0) }) else {
      throw LuaMismatch(expected: "string", got: slot)
    }
    return LuaBytes(bytes)
  }
  public func push(to state: LuaState) throws {
    let status = bytes.withUnsafeBufferPointer { buffer in
      buffer.withMemoryRebound(to: CChar.self) { lb_push_string(state.thread, $0.baseAddress, $0.count) }
    }
    try state.check(status)
  }
}

extension Optional: LuaReadable where Wrapped: LuaReadable {
  public static func read(_ slot: LuaSlot) throws -> Wrapped? {
    slot.isNothing ? nil : try Wrapped.read(slot)
  }
}

extension Optional: LuaResults where Wrapped: LuaPushable {}
extension Optional: LuaPushable where Wrapped: LuaPushable {
  public func push(to state: LuaState) throws {
    if let self { try self.push(to: state) } else { lua_pushnil(state.thread) }
  }
}

extension Array: LuaReadable where Element: LuaReadable {
  public static func read(_ slot: LuaSlot) throws -> [Element] {
    guard slot.kind == .table else { throw LuaMismatch(expected: "list", got: slot) }
    var list: [Element] = []
    let count = slot.count
    try slot.checkList(count: count)
    for position in 0..<count {
      do {
        list.append(try slot.withItem(position + 1) { try Element.read($0) })
      } catch let error as LuaMismatch {
        throw LuaMismatch("\(error) at [\(position + 1)]")
      }
    }
    return list
  }
}

extension Array: LuaResults where Element: LuaPushable {}
extension Array: LuaPushable where Element: LuaPushable {
  public func push(to state: LuaState) throws {
    let L = state.thread
    if let numbers = self as? [Double] { return try state.check(lb_push_numbers(L, numbers, numbers.count)) }
    if let numbers = self as? [Float] { return try numbers.map(Double.init).push(to: state) }
    if let numbers = self as? [Int] {
      return try state.check(lb_push_integers(L, numbers.map(Int64.init), numbers.count))
    }
    try state.check(lb_new_table(L, Int32(clamping: count), 0))
    let table = lua_gettop(L)
    for (position, element) in enumerated() {
      try state.push(element)
      try state.check(lb_append(L, table, Int64(position) + 1))
    }
  }
}

extension Dictionary: LuaResults where Key == String, Value: LuaPushable {}
extension Dictionary: LuaPushable where Key == String, Value: LuaPushable {
  public func push(to state: LuaState) throws {
    try LuaFields(sorted { $0.key < $1.key }.map { ($0.key, $0.value) }).push(to: state)
  }
}

/// A table with named fields of several types, for results: `LuaFields([("id", 3), ("text", "cat")])`.
public struct LuaFields: LuaPushable, ExpressibleByDictionaryLiteral {
  public var fields: [(String, any LuaPushable)]

  public init(_ fields: [(String, any LuaPushable)]) { self.fields = fields }
  public init(dictionaryLiteral elements: (String, any LuaPushable)...) { fields = elements }

  public func push(to state: LuaState) throws {
    let L = state.thread
    try state.check(lb_new_table(L, 0, Int32(clamping: fields.count)))
    let table = lua_gettop(L)
    for (name, value) in fields {
      try state.push(name)
      try state.push(value)
      try state.check(lb_raw_set(L, table))
    }
  }
}

/// A list of several types, for results.
public struct LuaList: LuaPushable {
  public var items: [any LuaPushable]

  public init(_ items: [any LuaPushable]) { self.items = items }

  public func push(to state: LuaState) throws {
    let L = state.thread
    try state.check(lb_new_table(L, Int32(clamping: items.count), 0))
    let table = lua_gettop(L)
    for (position, item) in items.enumerated() {
      try state.push(item)
      try state.check(lb_append(L, table, Int64(position) + 1))
    }
  }
}

extension LuaReference: LuaPushable {
  public func push(to state: LuaState) throws {
    guard try self.state === state else { throw LuaError(message: "a value of another Lua state") }
    try push()
  }
}

extension LuaTable: LuaReadable, LuaPushable {
  public static func read(_ slot: LuaSlot) throws -> LuaTable {
    guard slot.kind == .table else { throw LuaMismatch(expected: "table", got: slot) }
    return LuaTable(try slot.reference())
  }
  public func push(to state: LuaState) throws { try reference.push(to: state) }
}

extension LuaFunction: LuaReadable, LuaPushable {
  public static func read(_ slot: LuaSlot) throws -> LuaFunction {
    guard slot.kind == .function else { throw LuaMismatch(expected: "function", got: slot) }
    return LuaFunction(try slot.reference())
  }
  public func push(to state: LuaState) throws { try reference.push(to: state) }
}

extension LuaSlot {
  /// Keeps the value beyond the call.
  public func reference() throws -> LuaReference {
    let L = try state.room()
    if isReal { lua_pushvalue(L, index) } else { lua_pushnil(L) }
    return try state.popReference()
  }
}

/// A slot itself is pushed as its value.
extension LuaSlot: LuaPushable {
  public func push(to state: LuaState) throws {
    if isReal { lua_pushvalue(state.thread, index) } else { lua_pushnil(state.thread) }
  }
}

extension LuaValue: LuaReadable, LuaPushable {
  public static func read(_ slot: LuaSlot) throws -> LuaValue {
    switch slot.kind {
    case .none, .nil: return .nil
    case .boolean: return .boolean(slot.boolean ?? false)
    case .number:
      if lua_isinteger(slot.state.thread, slot.index) != 0 { return .integer(slot.integer ?? 0) }
      return .number(slot.number ?? 0)
    case .string:
      let bytes = try LuaBytes.read(slot).bytes
      return String(validating: bytes, as: UTF8.self).map { .string($0) } ?? .bytes(bytes)
    case .table: return .table(LuaTable(try slot.reference()))
    case .function: return .function(LuaFunction(try slot.reference()))
    case .userdata, .thread, .pointer: return .other(try slot.reference())
    }
  }

  public func push(to state: LuaState) throws {
    switch self {
    case .nil: lua_pushnil(state.thread)
    case .boolean(let value): try value.push(to: state)
    case .integer(let value): try value.push(to: state)
    case .number(let value): try value.push(to: state)
    case .string(let value): try value.push(to: state)
    case .bytes(let value): try LuaBytes(value).push(to: state)
    case .table(let value): try value.push(to: state)
    case .function(let value): try value.push(to: state)
    case .other(let value): try value.push(to: state)
    }
  }

  public var isNil: Bool { if case .nil = self { true } else { false } }
}
