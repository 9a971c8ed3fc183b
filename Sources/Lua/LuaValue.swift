import CLua54
import CLuaBridge

/// Any Lua value, in Swift's hands.
public enum LuaValue {
  case `nil`
  case boolean(Bool)
  case integer(Int)
  case number(Double)
  case string(String)
  /// A string that is not UTF-8.
  case bytes([UInt8])
  case table(LuaTable)
  case function(LuaFunction)
  /// Userdata, coroutines and light userdata: to be kept and given back.
  case other(LuaReference)
}

/// A value that Lua keeps alive for Swift. Outlives its state harmlessly: then every use throws.
public final class LuaReference {
  private let link: LuaLink
  let index: Int32

  init(_ link: LuaLink, _ index: Int32) {
    self.link = link
    self.index = index
  }

  deinit { link.release(index) }

  var state: LuaState {
    get throws {
      guard let state = link.state, !state.isClosed else {
        throw LuaError(message: "the Lua state is closed")
      }
      return state
    }
  }

  func push() throws {
    let L = try state.room()
    lua_rawgeti(L, luaRegistry, lua_Integer(index))
  }

  /// Lends `body` the value on Lua's stack.
  public func withSlot<R>(_ body: (LuaSlot) throws -> R) throws -> R {
    let state = try state
    return try state.balanced { L in
      try push()
      return try body(LuaSlot(state: state, index: lua_gettop(L)))
    }
  }
}

/// A Lua table.
public struct LuaTable {
  let reference: LuaReference

  init(_ reference: LuaReference) { self.reference = reference }

  /// `table[key]`, with metamethods.
  public func get<T: LuaReadable>(_ key: some LuaPushable, as type: T.Type = T.self) throws -> T {
    let state = try reference.state
    return try state.balanced { L in
      try reference.push()
      let table = lua_gettop(L)
      try state.push(key)
      try state.check(lb_get(L, table))
      return try T.read(LuaSlot(state: state, index: table + 1))
    }
  }

  /// `table[key] = value`, with metamethods.
  public func set(_ key: some LuaPushable, _ value: some LuaPushable) throws {
    let state = try reference.state
    try state.balanced { L in
      try reference.push()
      let table = lua_gettop(L)
      try state.push(key)
      try state.push(value)
      try state.check(lb_set(L, table))
    }
  }

  /// The whole table as a Swift value.
  public func read<T: LuaReadable>(as type: T.Type) throws -> T { try reference.withSlot { try T.read($0) } }

  /// The border that `#table` gives without metamethods.
  public var count: Int {
    get throws {
      let state = try reference.state
      return try state.balanced { L in
        try reference.push()
        return LuaSlot(state: state, index: lua_gettop(L)).count
      }
    }
  }

  /// The pairs, without metamethods, in Lua's order: another one in every run.
  public func pairs() throws -> [(key: LuaValue, value: LuaValue)] {
    let state = try reference.state
    return try state.balanced { L in
      try reference.push()
      return try LuaSlot(state: state, index: lua_gettop(L)).pairs()
    }
  }

  /// The field of the table's metatable, nil when there is none.
  public func metafield(_ name: String) throws -> LuaValue {
    try reference.withSlot { try $0.metafield(name) }
  }

  /// Gives the table a metatable.
  public func setMetatable(_ metatable: LuaTable) throws {
    let state = try reference.state
    try state.balanced { L in
      try reference.push()
      try metatable.reference.push()
      lua_setmetatable(L, -2)
    }
  }
}

/// A Lua function.
public struct LuaFunction {
  let reference: LuaReference

  init(_ reference: LuaReference) { self.reference = reference }

  /// Calls the function and gives all its results.
  ///
  /// - Throws: `LuaError` with the message, the traceback and the error value.
  @discardableResult
  public func call(_ arguments: any LuaPushable...) throws -> [LuaValue] {
    try call(with: arguments) { results in try results.map { try LuaValue.read($0) } }
  }

  /// Calls the function and reads its first result.
  public func call<T: LuaReadable>(
    _ arguments: any LuaPushable..., returning type: T.Type
  ) throws -> T {
    try call(with: arguments) { results in
      guard let first = results.first else { return try T.read(LuaSlot(state: reference.state, index: 0)) }
      return try T.read(first)
    }
  }

  /// Calls the function and lends `body` its results.
  public func call<R>(with arguments: [any LuaPushable], _ body: ([LuaSlot]) throws -> R) throws -> R {
    let state = try reference.state
    return try state.balanced { L in
      let top = lua_gettop(L)
      try reference.push()
      for argument in arguments {
        try state.room()
        try state.push(argument)
      }
      try state.check(lb_call(L, Int32(clamping: arguments.count), LUA_MULTRET))
      let results = top + 1
      return try body((results..<(lua_gettop(L) + 1)).map { LuaSlot(state: state, index: $0) })
    }
  }
}

/// One place on Lua's stack: a value that is looked at where it lies. Valid only while the function that was
/// given it runs.
public struct LuaSlot {
  public let state: LuaState
  let index: Int32

  public enum Kind { case none, `nil`, boolean, number, string, table, function, userdata, thread, pointer }

  var isReal: Bool { index > 0 && index <= lua_gettop(state.thread) }

  public var kind: Kind {
    guard isReal else { return .none }
    return switch lua_type(state.thread, index) {
    case LUA_TNIL: .nil
    case LUA_TBOOLEAN: .boolean
    case LUA_TNUMBER: .number
    case LUA_TSTRING: .string
    case LUA_TTABLE: .table
    case LUA_TFUNCTION: .function
    case LUA_TUSERDATA: .userdata
    case LUA_TTHREAD: .thread
    case LUA_TLIGHTUSERDATA: .pointer
    default: .none
    }
  }

  public var isNothing: Bool { !isReal || lua_type(state.thread, index) <= LUA_TNIL }

  /// How error messages call it: "no value", "nil", "2.5", "string", "tensor".
  public var described: String {
    switch kind {
    case .none: "no value"
    case .nil: "nil"
    case .boolean: "boolean"
    case .number: describedNumber
    case .string: "string"
    case .table: "table"
    case .function: "function"
    case .userdata: state.typeName(at: index) ?? "userdata"
    case .thread: "coroutine"
    case .pointer: "light userdata"
    }
  }

  private var describedNumber: String {
    lua_isinteger(state.thread, index) != 0 ? "\(integer ?? 0)" : "\(number ?? 0)"
  }

  /// The integer, when it is a number that is one: 3 and 3.0, not "3" and not 3.5.
  public var integer: Int? {
    guard kind == .number else { return nil }
    var exact: Int32 = 0
    let value = lua_tointegerx(state.thread, index, &exact)
    return exact != 0 ? Int(value) : nil
  }

  public var number: Double? {
    kind == .number ? lua_tonumberx(state.thread, index, nil) : nil
  }

  public var boolean: Bool? {
    kind == .boolean ? lua_toboolean(state.thread, index) != 0 : nil
  }

  /// The string, read as UTF-8 and repaired where it is not.
  public var string: String? {
    withBytes { String(decoding: $0, as: UTF8.self) }
  }

  public func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R? {
    guard kind == .string else { return nil }
    var count = 0
    let bytes = lua_tolstring(state.thread, index, &count)
    return try body(UnsafeRawBufferPointer(start: bytes, count: count))
  }

  /// The border of a table, without metamethods. Where a table with holes has several, Lua may find one far beyond what the
  /// table holds; then it is the first hole, at which whoever reads the list stops.
  public var count: Int {
    guard kind == .table else { return 0 }
    return (try? withContent { Self.border(of: $0) }) ?? 0
  }

  private static func border(of table: LuaSlot) -> Int {
    let L = table.state.thread
    let length = Int(clamping: lua_rawlen(L, table.index))
    guard length > 1 << 16, lua_checkstack(L, 1) != 0 else { return length }
    for position in 1...length {
      let type = lua_rawgeti(L, table.index, lua_Integer(position))
      lua_settop(L, -2)
      if type == LUA_TNIL { return position }
    }
    return length
  }

  /// Throws if the table holds anything but a list of so many entries: it would be lost. The `n` of `table.pack` may
  /// stand beside.
  func checkList(count: Int) throws {
    let pairs = try withContent { table in
      try table.state.balanced { L in lb_count_pairs(L, lua_absindex(L, table.index)) }
    }
    guard pairs != count else { return }
    try forEachPair { key, value in
      if let place = key.integer, place >= 1, place <= count { return }
      if key.string == "n", value.integer == count { return }
      let name = key.string.map { "\"\($0)\"" } ?? key.described
      throw LuaMismatch("list without gaps or names expected, got a table with [\(name)]")
    }
  }

  /// Lends `body` the table that is to be read: this one, or, if it is a read-only view, the one that it shows: its metatable has a
  /// table of the contents of views as `__content`. Views of views are followed, further than any are made.
  func withContent<R>(_ body: (LuaSlot) throws -> R) throws -> R {
    guard lua_getmetatable(try state.room(), index) != 0 else { return try body(self) }
    lua_settop(state.thread, -2)
    return try state.balanced { L in
      var table = index
      for _ in 0..<16 {
        guard lua_getmetatable(try state.room(), table) != 0 else { break }
        let metatable = lua_gettop(L)
        try state.push("__content")
        guard lua_rawget(L, metatable) == LUA_TTABLE else { break }
        lua_pushvalue(L, table)
        guard lua_rawget(L, -2) == LUA_TTABLE else { break }
        table = lua_gettop(L)
      }
      return try body(LuaSlot(state: state, index: table))
    }
  }

  /// Lends `body` the list item at `position` (from 1), without metamethods.
  public func withItem<R>(_ position: Int, _ body: (LuaSlot) throws -> R) throws -> R {
    guard kind == .table else { throw LuaMismatch(expected: "table", got: self) }
    return try withContent { table in
      try state.balanced { L in
        lua_rawgeti(L, table.index, lua_Integer(position))
        return try body(LuaSlot(state: state, index: lua_gettop(L)))
      }
    }
  }

  /// Lends `body` the field `name`, with metamethods, so that defaults may come through `__index`.
  public func withField<R>(_ name: String, _ body: (LuaSlot) throws -> R) throws -> R {
    try state.balanced { _ in try body(try field(name)) }
  }

  /// The field `name`, left on the stack until the calling function is through.
  func field(_ name: String) throws -> LuaSlot {
    guard kind == .table else { throw LuaMismatch(expected: "table", got: self) }
    let L = try state.room()
    try state.push(name)
    try state.check(lb_get(L, index))
    return LuaSlot(state: state, index: lua_gettop(L))
  }

  /// The pairs of a table, without metamethods.
  public func pairs() throws -> [(key: LuaValue, value: LuaValue)] {
    var pairs: [(key: LuaValue, value: LuaValue)] = []
    try forEachPair { pairs.append((try LuaValue.read($0), try LuaValue.read($1))) }
    return pairs
  }

  /// Lends `body` each key and value of a table, without metamethods, in Lua's order.
  public func forEachPair(_ body: (LuaSlot, LuaSlot) throws -> Void) throws {
    guard kind == .table else { throw LuaMismatch(expected: "table", got: self) }
    try withContent { table in
      try state.balanced { L in
        let key = lua_gettop(L) + 1
        lua_pushnil(L)
        while true {
          var more: Int32 = 0
          try state.room()
          try state.check(lb_next(L, table.index, &more))
          if more == 0 { return }
          try body(LuaSlot(state: state, index: key), LuaSlot(state: state, index: key + 1))
          lua_settop(L, key)
        }
      }
    }
  }

  /// What Lua's `tostring` gives, `__tostring` and `__name` respected.
  public func tostring() throws -> String {
    try state.balanced { L in
      guard isReal else { return "nil" }
      try state.check(lb_to_string(L, index))
      return LuaSlot(state: state, index: lua_gettop(L)).string ?? ""
    }
  }

  /// The field of the value's metatable, nil when there is none.
  public func metafield(_ name: String) throws -> LuaValue {
    guard isReal else { return .nil }
    return try state.balanced { L in
      guard lua_getmetatable(L, index) != 0 else { return .nil }
      let table = lua_gettop(L)
      try state.push(name)
      lua_rawget(L, table)
      return try LuaValue.read(LuaSlot(state: state, index: lua_gettop(L)))
    }
  }
}
