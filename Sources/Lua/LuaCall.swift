import CLua54
import CLuaBridge

/// One call of a bound function: its arguments, looked at where they lie on Lua's stack. Valid until the function
/// returns.
///
/// - `try call[1]` is the first argument (after the object, in a method), as the type that is asked for; another
///   kind of value raises `bad argument #1 to 'svd' (tensor expected, got nil)` at the caller's line. Ask for an
///   optional where the argument may be missing.
/// - `try call["full"] ?? false` is an option of the table that the signature declares; keys that it does not
///   declare were refused before the function ran.
/// - Throw `LuaArgumentError(1, "2-d tensor expected, got \(shape)")` to complain about an argument in the same
///   way; any other error is raised with its description, at the caller's line.
public struct LuaCall {
  public let state: LuaState
  let base: Int32
  let function: LuaFunctionBox
  /// How many arguments there are, without the object of a method.
  public let count: Int

  init(state: LuaState, base: Int32, function: LuaFunctionBox) {
    self.state = state
    self.function = function
    self.base = base + (function.hasObject ? 1 : 0)
    count = max(0, Int(lua_gettop(state.thread) - self.base))
  }

  /// Throws for arguments that nothing would read; nil says nothing, and may follow.
  @inline(__always)
  func checkCount() throws {
    guard let most = function.signature.mostArguments, count > most else { return }
    for position in most + 1...count where !slot(position).isNothing {
      throw function.signature.tooMany(count, most: most)
    }
  }

  /// The place of an argument, to look at it more closely.
  public func slot(_ position: Int) -> LuaSlot {
    let exists = position <= count && (position > 0 || function.hasObject && position == 0)
    return LuaSlot(state: state, index: exists ? base + Int32(clamping: position) : 0)
  }

  public subscript<T: LuaReadable>(_ position: Int) -> T {
    get throws { try argument(position) }
  }

  public func argument<T: LuaReadable>(_ position: Int, as type: T.Type = T.self) throws -> T {
    do { return try T.read(slot(position)) } catch let error as LuaMismatch {
      throw LuaArgumentError(position, "\(error)")
    }
  }

  /// All arguments from `position` on, each as the same type.
  public func arguments<T: LuaReadable>(from position: Int = 1, as type: T.Type = T.self) throws -> [T] {
    position > count ? [] : try (position...count).map { try argument($0) }
  }

  /// An option of the table that the signature declares.
  public subscript<T: LuaReadable>(_ option: String) -> T {
    get throws { try options[option] }
  }

  /// The options table that the signature declares; an empty one when it was left out.
  public var options: LuaOptions {
    let position = function.signature.optionsPosition ?? 1
    let slot = slot(position)
    return LuaOptions(slot, argument: position, keys: function.signature.options)
  }

  /// An options table that the signature does not declare, for an argument that may be something else as well.
  public func options(at position: Int, keys: [String]) throws -> LuaOptions {
    let slot = slot(position)
    let options = LuaOptions(slot, argument: position, keys: keys)
    try options.checkKeys()
    return options
  }
}

/// An options table: named values, of which only declared keys are let in.
public struct LuaOptions {
  let state: LuaState
  let slot: LuaSlot?
  let argument: Int
  let keys: [String]
  let path: String

  init(_ slot: LuaSlot, argument: Int, keys: [String], path: String = "") {
    state = slot.state
    self.slot = slot.isNothing ? nil : slot
    self.argument = argument
    self.keys = keys
    self.path = path
  }

  /// The option as the type that is asked for; ask for an optional where it may be missing.
  public subscript<T: LuaReadable>(_ key: String) -> T {
    get throws { try read(key) { try T.read($0) } }
  }

  /// Whether the option is there.
  public func has(_ key: String) throws -> Bool { try read(key) { !$0.isNothing } }

  /// Lends `body` the option's place.
  public func read<R>(_ key: String, _ body: (LuaSlot) throws -> R) throws -> R {
    assert(keys.contains(key), "option \(key) is not declared")
    do {
      guard let slot else { return try body(LuaSlot(state: state, index: 0)) }
      return try slot.withField(key, body)
    } catch let error as LuaMismatch { throw complaint(key, "\(error)") }
  }

  /// The table in an option, with its own keys. Nil when the option is missing.
  public func table(_ key: String, keys: [String]) throws -> LuaOptions? {
    do {
      guard let field = try slot?.field(key), !field.isNothing else { return nil }
      let options = LuaOptions(field, argument: argument, keys: keys, path: path + key + ".")
      try options.checkKeys()
      return options
    } catch let error as LuaMismatch { throw complaint(key, "\(error)") }
  }

  /// Lends `body` each table of the list in an option, with its own keys.
  public func eachTable<R>(_ key: String, keys: [String], _ body: (LuaOptions) throws -> R) throws -> [R] {
    try read(key) { list in
      guard list.kind == .table else { throw LuaMismatch(expected: "list of tables", got: list) }
      return try (0..<list.count).map { place in
        try list.withItem(place + 1) { item in
          let options = LuaOptions(item, argument: argument, keys: keys, path: "\(path)\(key)[\(place + 1)].")
          try options.checkKeys()
          return try body(options)
        }
      }
    }
  }

  /// The error that names an option.
  public func complaint(_ key: String, _ message: String) -> LuaArgumentError {
    LuaArgumentError(argument, "option '\(path)\(key)': \(message)")
  }

  func checkKeys() throws {
    guard let slot else { return }
    guard slot.kind == .table else {
      throw LuaArgumentError(argument, "table expected, got \(slot.described)")
    }
    try slot.forEachPair { key, _ in
      guard let name = key.string else {
        throw LuaArgumentError(argument, "unknown option [\(key.described)]")
      }
      guard !keys.contains(name) else { return }
      let hint = nearestName(to: name, among: keys).map { "; did you mean '\($0)'?" } ?? ""
      throw LuaArgumentError(argument, "unknown option '\(path)\(name)'\(hint)")
    }
  }
}

/// What a function that may yield answers.
public enum LuaStep: LuaResults {
  case done([any LuaPushable])
  /// Suspends the running coroutine with these values; when it is resumed, `then` gets the new arguments.
  case yield([any LuaPushable], then: (LuaCall) throws -> LuaStep)

  public func pushAll(for call: LuaCall) throws -> Int32 {
    switch self {
    case .done(let results): return try call.state.pushResults(results)
    case .yield(let values, let then):
      try call.state.pushContinuation(
        LuaFunctionBox(call.function.signature.resumed) { call in try then(call).pushAll(for: call) })
      return LB_YIELD - (try call.state.pushResults(values))
    }
  }
}

/// A Swift object that a userdata holds.
class LuaBox {
  final var external: ObjectIdentifier?
}

/// A bound function, or what is left to do of one that yielded.
final class LuaFunctionBox: LuaBox {
  let signature: LuaSignature
  let hasObject: Bool
  let body: (LuaCall) throws -> Int32

  init(_ signature: LuaSignature, hasObject: Bool = false, body: @escaping (LuaCall) throws -> Int32) {
    self.signature = signature
    self.hasObject = hasObject
    self.body = body
  }
}

extension LuaState {
  func pushFunction(_ box: LuaFunctionBox) throws {
    let L = try room()
    let object = Unmanaged<LuaBox>.passRetained(box)
    var adopted: Int32 = 0
    let status = lb_push_function(L, object.toOpaque(), &adopted)
    if adopted == 0 { object.release() }
    try check(status)
  }

  func pushResults(_ results: [any LuaPushable]) throws -> Int32 {
    try room(Int32(clamping: results.count + 12))
    for result in results { try push(result) }
    return Int32(clamping: results.count)
  }

  func pushContinuation(_ box: LuaFunctionBox) throws {
    let L = try room()
    guard let metatable = functionMetatable else { throw LuaError(message: "the Lua state is closed") }
    let object = Unmanaged<LuaBox>.passRetained(box)
    var adopted: Int32 = 0
    let status = lb_push_object(L, metatable.index, object.toOpaque(), 0, &adopted)
    if adopted == 0 { object.release() }
    try check(status)
  }
}

func callBound(_ thread: OpaquePointer?, _ object: UnsafeMutableRawPointer?, _ base: Int32) -> Int32 {
  guard let thread, let object else { return 0 }
  let state = LuaState.of(thread)
  let box = Unmanaged<LuaBox>.fromOpaque(object).takeUnretainedValue()
  // By hand, as this is where every call comes through: a dynamic cast costs as much as all the rest.
  guard type(of: box) == LuaFunctionBox.self else {
    return state.pushError(LuaError(message: "not a function"), from: nil)
  }
  let function = unsafeDowncast(box, to: LuaFunctionBox.self)
  do {
    let call = LuaCall(state: state, base: base, function: function)
    try call.checkCount()
    if function.signature.optionsPosition != nil { try call.options.checkKeys() }
    return try function.body(call)
  } catch {
    return state.pushError(error, from: function)
  }
}
