import CLua54
import CLuaBridge

/// What a bound type offers, for prompts and documentation.
public struct LuaTypeMembers: Sendable, Equatable {
  /// What errors and `tostring` call it.
  public let type: String
  /// As they were bound: `sum(dim?, {keepdim})`.
  public let methods: [String]
  public let properties: [String]
}

extension LuaState {
  public func members<T: LuaUserdata>(of type: T.Type) throws -> LuaTypeMembers {
    _ = try metatable(of: type)
    guard let record = types[ObjectIdentifier(type)] else { throw LuaError(message: "no type \(T.luaName)") }
    return record.members
  }
}

extension LuaSlot {
  /// The members of a bound value's type; nil for everything else. Nothing of the script runs.
  public var members: LuaTypeMembers? {
    let L = state.thread
    guard kind == .userdata, lua_checkstack(L, 2) != 0, lua_getmetatable(L, index) != 0 else { return nil }
    defer { lua_settop(L, -2) }
    guard let address = lua_topointer(L, -1) else { return nil }
    return state.types.values.first { $0.address == address }?.members
  }

  /// What a bound function was bound as: `svd(x, {full})`; nil for everything else.
  public var signature: String? {
    let L = state.thread
    guard kind == .function, lua_iscfunction(L, index) != 0, lua_checkstack(L, 2) != 0,
      lua_getupvalue(L, index, 1) != nil
    else { return nil }
    defer { lua_settop(L, -2) }
    var object: UnsafeMutableRawPointer?
    guard lb_object(L, lua_gettop(L), &object) == Int32(LB_LIVE), let object else { return nil }
    return (Unmanaged<LuaBox>.fromOpaque(object).takeUnretainedValue() as? LuaFunctionBox)?.signature.text
  }

  /// Where a table, function or userdata lies: equal for the same one.
  public var address: UnsafeRawPointer? { isReal ? lua_topointer(state.thread, index) : nil }

  /// Lends `body` the field `name`, without metamethods: nothing of the script runs.
  public func withRawField<R>(_ name: String, _ body: (LuaSlot) throws -> R) throws -> R {
    guard kind == .table else { throw LuaMismatch(expected: "table", got: self) }
    return try withContent { table in
      try state.balanced { L in
        try state.push(name)
        lua_rawget(L, table.index)
        return try body(LuaSlot(state: state, index: lua_gettop(L)))
      }
    }
  }
}

extension LuaFunction {
  /// Lends `body` the function on Lua's stack.
  public func withSlot<R>(_ body: (LuaSlot) throws -> R) throws -> R { try reference.withSlot(body) }
}

extension LuaTable {
  /// Lends `body` the table on Lua's stack.
  public func withSlot<R>(_ body: (LuaSlot) throws -> R) throws -> R { try reference.withSlot(body) }
}

extension LuaTable {
  /// Where the table lies: equal for the same one.
  public var address: UnsafeRawPointer? { (try? reference.withSlot { $0.address }) ?? nil }
}
