import CLua54
import CLuaBridge

/// A Swift type whose values travel through Lua as userdata: conform to it, and it can be argument and result of
/// bound functions.
///
/// ```swift
/// extension Counter: LuaUserdata {
///   static var luaName: String { "counter" }
///   static func describe(_ type: LuaType<Counter>) throws {
///     try type.method("add(n)") { counter, call in counter.add(try call[1]) }
///     try type.property("value") { $0.value }
///     try type.metamethod("__len") { counter, _ in counter.value }
///   }
/// }
/// ```
/// The description is asked for when the first value reaches a state. Every type has `__gc` and `__close`, which
/// let the value go; used after that, it raises. A structure is kept as a copy: give Lua a class, or a structure
/// that shares its storage, where it should see changes.
public protocol LuaUserdata: LuaReadable, LuaPushable {
  /// What errors and `tostring` call it.
  static var luaName: String { get }
  static func describe(_ type: LuaType<Self>) throws
  /// Memory that the value keeps outside Lua, and its owner (several values may share one): it drives the
  /// collector.
  var luaMemory: (owner: AnyObject, bytes: Int)? { get }
}

extension LuaUserdata {
  public var luaMemory: (owner: AnyObject, bytes: Int)? { nil }

  public static func read(_ slot: LuaSlot) throws -> Self { try box(slot).value }

  /// Takes the place of the value that a userdata holds: whoever holds the userdata sees it.
  public func replace(_ slot: LuaSlot) throws { try Self.box(slot).value = self }

  private static func box(_ slot: LuaSlot) throws -> LuaValueBox<Self> {
    var object: UnsafeMutableRawPointer?
    if slot.isReal {
      let status = lb_object(slot.state.thread, slot.index, &object)
      if let object {
        let box = Unmanaged<LuaBox>.fromOpaque(object).takeUnretainedValue()
        if type(of: box) == LuaValueBox<Self>.self {
          return unsafeDowncast(box, to: LuaValueBox<Self>.self)
        }
      } else if status == Int32(LB_CLOSED) {
        throw LuaMismatch("\(luaName) expected, got a closed \(slot.described)")
      }
    }
    throw LuaMismatch(expected: luaName, got: slot)
  }

  public func push(to state: LuaState) throws {
    let metatable = try state.metatable(of: Self.self)
    if let limit = state.externalLimit, let bytes = luaMemory?.bytes, state.external.total + bytes > limit {
      try state.collectGarbage()
      guard state.external.total + bytes <= limit else {
        throw LuaError(
          kind: .memory, message: "not enough memory: tensors and images may hold \(limit >> 20) MiB")
      }
    }
    let box = LuaValueBox(self)
    let collect = state.external.add(to: box, luaMemory, threshold: state.collectionThreshold)
    let object = Unmanaged<LuaBox>.passRetained(box)
    var adopted: Int32 = 0
    let status = lb_push_object(state.thread, metatable, object.toOpaque(), collect ? 1 : 0, &adopted)
    if adopted == 0 {
      state.external.remove(box.external)
      object.release()
    }
    try state.check(status)
  }
}

final class LuaValueBox<Value>: LuaBox {
  var value: Value
  init(_ value: Value) { self.value = value }
}

/// What Lua knows of a type, being described.
public struct LuaType<Value: LuaUserdata> {
  public let state: LuaState
  let metatable: LuaTable
  let methods: LuaTable
  let members = Members()

  final class Members {
    var getters: [String: (Value, LuaCall) throws -> Int32] = [:]
    var setters: [String: (Value, LuaCall) throws -> Void] = [:]
    var methods: [String] = []
    /// What was written for the methods, for people to read.
    var signatures: [String] = []
    var index: ((Value, LuaCall) throws -> Int32)?
    var assign: ((Value, LuaCall) throws -> Void)?
  }

  /// `x:name(…)`; `call[1]` is the first argument after the object.
  public func method(_ signature: String, _ body: @escaping (Value, LuaCall) throws -> some LuaResults) throws
  {
    let box = LuaFunctionBox(LuaSignature(signature), hasObject: true) { call in
      try body(call[0], call).pushAll(for: call)
    }
    members.methods.append(box.signature.name)
    members.signatures.append(signature)
    try methods.set(box.signature.name, BoundFunction(box: box))
  }

  /// A method without a result.
  @_disfavoredOverload
  public func method(_ signature: String, _ body: @escaping (Value, LuaCall) throws -> Void) throws {
    try method(signature) { value, call in
      try body(value, call)
      return LuaMany()
    }
  }

  /// `x.name`.
  public func property(_ name: String, _ get: @escaping (Value) throws -> some LuaPushable) {
    members.getters[name] = { value, call in try get(value).pushAll(for: call) }
  }

  /// `x.name` and `x.name = …`; in `set`, `call[2]` is the new value.
  public func property(
    _ name: String, _ get: @escaping (Value) throws -> some LuaPushable,
    set: @escaping (Value, LuaCall) throws -> Void
  ) {
    property(name, get)
    members.setters[name] = set
  }

  /// `x[key]` where the key (`call[1]`) is not a string.
  public func index(_ body: @escaping (Value, LuaCall) throws -> some LuaPushable) {
    members.index = { value, call in try body(value, call).pushAll(for: call) }
  }

  /// `x[key] = value` where the key (`call[1]`) is not a string; the value is `call[2]`.
  public func assignment(_ body: @escaping (Value, LuaCall) throws -> Void) { members.assign = body }

  /// Any other metamethod whose first operand is the object: `__len`, `__call`, `__tostring`, `__mimebundle` …
  public func metamethod(
    _ name: String, _ body: @escaping (Value, LuaCall) throws -> some LuaResults
  ) throws {
    let box = LuaFunctionBox(LuaSignature(name), hasObject: true) { call in
      try body(call[0], call).pushAll(for: call)
    }
    try metatable.set(name, BoundFunction(box: box))
  }

  /// A binary operator: the object may be either operand, `call[0]` or `call[1]`.
  public func binary(
    _ name: String, _ symbol: String, _ body: @escaping (LuaCall) throws -> some LuaPushable
  ) throws {
    var signature = LuaSignature(symbol)
    signature.isOperator = true
    let box = LuaFunctionBox(signature, hasObject: true) { call in try body(call).pushAll(for: call) }
    try metatable.set(name, BoundFunction(box: box))
  }

  func finish() throws {
    let members = members
    let state = state
    let known = { (members.methods + members.getters.keys).sorted() }
    func missing(_ key: LuaSlot) -> LuaError {
      guard let name = key.string else { return LuaError(message: "\(Value.luaName) cannot be indexed") }
      let hint = nearestName(to: name, among: known()).map { "; did you mean '\($0)'?" } ?? ""
      return LuaError(message: "\(Value.luaName) has no member '\(name)'\(hint)")
    }
    try methods.reference.push()
    try state.pushFunction(
      LuaFunctionBox(LuaSignature("index"), hasObject: true) { call in
        let value: Value = try call[0]
        let key = call.slot(1)
        if let name = key.string {
          guard let get = members.getters[name] else { throw missing(key) }
          return try get(value, call)
        }
        guard let index = members.index else { throw missing(key) }
        return try index(value, call)
      })
    try state.check(lb_push_index(state.thread))
    try metatable.set("__index", try state.popReference())
    let assign = LuaFunctionBox(LuaSignature("assign"), hasObject: true) { call in
      let value: Value = try call[0]
      let key = call.slot(1)
      if let name = key.string {
        guard let set = members.setters[name] else {
          if members.getters[name] == nil { throw missing(key) }
          throw LuaError(message: "'\(name)' of a \(Value.luaName) cannot be assigned")
        }
        try set(value, call)
      } else if let assign = members.assign {
        try assign(value, call)
      } else {
        throw missing(key)
      }
      return 0
    }
    try metatable.set("__newindex", BoundFunction(box: assign))
    try metatable.set("__name", Value.luaName)
    try metatable.set("__metatable", Value.luaName)
    if let release = state.releaseFunction {
      try metatable.set("__gc", release)
      try metatable.set("__close", release)
    }
  }
}

struct LuaTypeRecord {
  let metatable: LuaReference
  /// Where the metatable lies: by it a value's type is known without asking the value.
  let address: UnsafeRawPointer?
  let members: LuaTypeMembers
}

extension LuaState {
  /// The registry index of a type's metatable, made at the first call.
  func metatable<T: LuaUserdata>(of type: T.Type) throws -> Int32 {
    if let record = types[ObjectIdentifier(type)] { return record.metatable.index }
    let description = LuaType<T>(state: self, metatable: try table(), methods: try table())
    try T.describe(description)
    try description.finish()
    let reference = description.metatable.reference
    try reference.push()
    let address = lua_topointer(thread, -1)
    lua_settop(thread, -2)
    let members = LuaTypeMembers(
      type: T.luaName, methods: description.members.signatures.sorted(),
      properties: description.members.getters.keys.sorted())
    types[ObjectIdentifier(type)] = LuaTypeRecord(metatable: reference, address: address, members: members)
    return reference.index
  }

  /// The `__name` of a userdata's metatable.
  func typeName(at index: Int32) -> String? {
    let L = thread
    let top = lua_gettop(L)
    defer { lua_settop(L, top) }
    guard lua_checkstack(L, 4) != 0, lua_getmetatable(L, index) != 0 else { return nil }
    // A raw look-up by walking would be slow and lua_getfield may raise; the name was pushed once, at opening.
    guard let nameKey else { return nil }
    lua_rawgeti(L, luaRegistry, lua_Integer(nameKey.index))
    guard lua_rawget(L, -2) == LUA_TSTRING else { return nil }
    return LuaSlot(state: self, index: lua_gettop(L)).string
  }
}

/// Who keeps how much memory outside Lua on behalf of userdata.
struct ExternalBytes {
  private var owners: [ObjectIdentifier: (users: Int, bytes: Int)] = [:]
  private(set) var total = 0
  private var fresh = 0
  private var kept = 0

  /// Notes a new user. True when it is time to collect garbage.
  mutating func add(to box: LuaBox, _ memory: (owner: AnyObject, bytes: Int)?, threshold: Int) -> Bool {
    guard let memory else { return false }
    let key = ObjectIdentifier(memory.owner)
    box.external = key
    if let known = owners[key] {
      owners[key] = (known.users + 1, known.bytes)
      return false
    }
    owners[key] = (1, memory.bytes)
    total += memory.bytes
    fresh += memory.bytes
    // Where much is alive, collecting for every little more would be all that happens.
    guard fresh >= max(threshold, kept / 2) else { return false }
    fresh = 0
    kept = total
    return true
  }

  mutating func remove(_ key: ObjectIdentifier?) {
    guard let key, let known = owners[key] else { return }
    if known.users > 1 {
      owners[key] = (known.users - 1, known.bytes)
    } else {
      owners[key] = nil
      total -= known.bytes
      kept = min(kept, total)
    }
  }
}
