import CLua54
import CLuaBridge
import Glibc
import Synchronization

/// One Lua 5.4 interpreter.
///
/// A state belongs to one thread at a time. Nothing here lets a Lua error cross a Swift frame: whatever may
/// raise goes through the protected helpers of `CLuaBridge` and comes back as a thrown `LuaError`.
///
/// ```swift
/// let lua = try LuaState()
/// let module = try lua.module()
/// try module.function("hypot(x, y)") { call in
///   let x: Double = try call[1], y: Double = try call[2]
///   return (x * x + y * y).squareRoot()
/// }
/// try lua.globals.set("geometry", module.table)
/// try lua.load("return geometry.hypot(3, 4)").call(returning: Double.self)   // 5
/// ```
public final class LuaState {
  /// What the host wants its bound functions to find again: `call.state.host as? Session`.
  public weak var host: AnyObject?
  /// Receives warnings: `warn("…")` of scripts, and errors in `__gc`, which Lua cannot raise.
  public var onWarning: ((String) -> Void)?
  /// What is said in Lua of a Swift error that bound functions throw.
  public var wording: (any Error) -> String = { "\($0)" }
  /// After how many new bytes held outside Lua (see `LuaType.bytes`) the collector runs.
  public var collectionThreshold = 64 << 20

  /// How many bytes values may hold outside Lua (see `LuaUserdata.luaMemory`), nil for no limit.
  public var externalLimit: Int?

  private var core: OpaquePointer?
  private var warning = ""
  private var warningsOn = true
  let link = LuaLink()
  var types: [ObjectIdentifier: LuaTypeRecord] = [:]
  var passing: (message: String, traceback: [LuaFrame])?
  var traceback: [LuaFrame] = []
  var external = ExternalBytes()
  var releaseFunction: LuaReference?
  var functionMetatable: LuaReference?
  var nameKey: LuaReference?

  /// What a new state holds.
  public enum Libraries: Sendable {
    /// Lua's own; chunks and modules are read as text only, never as bytecode.
    case standard
    /// Not even the methods of strings: for text that is data.
    case none
  }

  /// Opens a state.
  ///
  /// - Parameter memoryLimit: bytes that Lua's own values may take (nil: no limit); beyond it, Lua's
  ///   "not enough memory" is raised.
  public init(memoryLimit: Int? = nil, libraries: Libraries = .standard) throws {
    let callbacks = lb_callbacks(
      call: callBound, release: releaseObject, failed: noteFailure, warn: receiveWarning)
    guard
      let core = lb_open(
        Unmanaged.passUnretained(self).toOpaque(), callbacks, memoryLimit.map { max(1, $0) } ?? 0)
    else { throw LuaError(kind: .memory, message: "not enough memory for a Lua state") }
    self.core = core
    link.state = self
    try check(lb_open_libraries(thread, libraries == .standard ? 1 : 0))
    releaseFunction = try popReference()
    let metatable = try table()
    try metatable.set("__gc", releaseFunction)
    try metatable.set("__metatable", false)
    functionMetatable = metatable.reference
    try push("__name")
    nameKey = try popReference()
  }

  deinit { close() }

  /// Closes the state: every finalizer runs now, and what still refers to the state throws from now on.
  /// Must not be called from a function that Lua is calling.
  public func close() {
    guard let core else { return }
    lb_close(core)
    self.core = nil
    link.state = nil
    types = [:]
  }

  public var isClosed: Bool { core == nil }

  /// The coroutine that runs now.
  var thread: OpaquePointer {
    guard let core else { preconditionFailure("LuaState used after close()") }
    return lb_running(core)
  }

  static func of(_ thread: OpaquePointer) -> LuaState {
    Unmanaged<LuaState>.fromOpaque(lb_owner(thread)).takeUnretainedValue()
  }

  // MARK: Code

  /// Compiles source text (never bytecode). `name` is what errors call it; the host's own code goes by a name
  /// such as "=[host]", and tracebacks and error positions pass over it.
  public func load(_ source: String, name: String = "chunk") throws -> LuaFunction {
    let L = try room()
    var source = source
    let name = name.hasPrefix("=") ? name : "@" + name
    let status = source.withUTF8 { text in
      text.withMemoryRebound(to: CChar.self) {
        luaL_loadbufferx(L, $0.baseAddress, $0.count, name, "t")
      }
    }
    try check(status)
    return LuaFunction(try popReference())
  }

  /// The table of global variables.
  public var globals: LuaTable {
    get throws {
      let L = try room()
      lua_rawgeti(L, luaRegistry, lua_Integer(LUA_RIDX_GLOBALS))
      return LuaTable(try popReference())
    }
  }

  /// A new empty table with room for so many list items and fields.
  public func table(list: Int = 0, fields: Int = 0) throws -> LuaTable {
    let L = try room()
    try check(lb_new_table(L, Int32(clamping: list), Int32(clamping: fields)))
    return LuaTable(try popReference())
  }

  /// Compiles source text whose globals are the fields of `environment`.
  public func load(_ source: String, name: String, environment: LuaTable) throws -> LuaFunction {
    let function = try load(source, name: name)
    try balanced { L in
      try function.push(to: self)
      try environment.push(to: self)
      if lua_setupvalue(L, -2, 1) == nil { lua_settop(L, -2) }
    }
    return function
  }

  /// A new `math` library, with random numbers of its own.
  public func freshMath() throws -> LuaTable {
    try check(lb_push_math(room()))
    return LuaTable(try popReference())
  }

  /// An open file as the io library has them. The descriptor is Lua's from now on, also when this fails.
  public func file(descriptor: Int32, mode: String) throws -> LuaReference {
    try check(lb_push_file(room(), descriptor, mode))
    return try popReference()
  }

  /// Ends what is called from now on after so many instructions in all ("too many steps"), or after so many seconds of the
  /// processor's time ("it takes too long"); in the main coroutine only.
  public func limitWork(steps: Int, seconds: Double) {
    if let core { lb_limit_work(core, Int32(clamping: steps), seconds) }
  }

  /// Collects all garbage now.
  public func collectGarbage() throws {
    try check(lb_collect(room()))
  }

  /// Bytes that Lua's own values take now.
  public var bytesInUse: Int { core.map { Int(lb_bytes($0)) } ?? 0 }

  /// Changes what `init(memoryLimit:)` set.
  public func setMemoryLimit(_ bytes: Int?) {
    if let core { lb_set_limit(core, bytes.map { max(1, $0) } ?? 0) }
  }

  // MARK: Interrupts

  /// Stops running Lua code at its next instruction: an error "interrupted", which `pcall` cannot hold off,
  /// since it is raised again until `clearInterrupt()`. Call it on Lua's own thread; from elsewhere, send that
  /// thread a signal given to `interruptOnSignal`.
  public func interrupt() {
    if let core { lb_interrupt(core) }
  }

  public var isInterrupted: Bool { core.map { lb_interrupted($0) != 0 } ?? false }

  /// The signal that interrupted it, if one did.
  public var interruptSignal: Int32? {
    core.flatMap { lb_interrupt_signal($0) }.flatMap { $0 == 0 ? nil : $0 }
  }

  /// From now on this signal stops the state as an interrupt does, with this text as the error.
  public func limitOnSignal(_ signal: Int32, reason: String) {
    // Kept for good: the handler may run whenever it likes.
    if let core, let text = strdup(reason) { _ = lb_limit_on(core, signal, text) }
  }

  /// Keeps `flag` at 1 while code of a script runs, and at 0 in the host's own functions.
  public func noteRunning(in flag: UnsafeMutablePointer<Int32>) {
    if let core { lb_tell(core, flag) }
  }

  /// Why the state was stopped, where that was not the user's wish.
  var limitReason: String? { core.flatMap { lb_reason($0) }.map { String(cString: $0) } }

  public func clearInterrupt() {
    if let core { lb_clear_interrupt(core) }
  }

  /// Throws when an interrupt has come: for bound functions that work for long.
  public func checkInterrupt() throws {
    guard isInterrupted else { return }
    if let limitReason { throw LuaError(kind: .limit, message: limitReason) }
    throw LuaError(kind: .interrupted, message: "interrupted")
  }

  /// From now on this signal interrupts this state; a second one before `clearInterrupt()` ends the process.
  ///
  /// - Parameter again: whether a second signal is no more than the first.
  public func interruptOnSignal(_ signal: Int32, again: Bool = false) {
    if let core { _ = lb_interrupt_on(core, signal, again ? 1 : 0) }
  }

  /// Tells the state that it is used on the calling thread from now on (signals are forwarded there).
  public func adoptCurrentThread() {
    if let core { lb_adopt_thread(core) }
  }

  // MARK: Stack

  /// The running thread, with room for a helper's operands, after references given up elsewhere are released.
  @discardableResult
  func room(_ slots: Int32 = 12) throws -> OpaquePointer {
    guard core != nil else { throw LuaError(kind: .runtime, message: "the Lua state is closed") }
    let L = thread
    if lua_checkstack(L, slots) == 0 { throw LuaError(kind: .memory, message: "stack overflow") }
    if link.hasReleased { for reference in link.takeReleased() { lb_release_reference(L, reference) } }
    return L
  }

  /// Throws the error that a helper left on top of the stack.
  func check(_ status: Int32) throws {
    if status != LUA_OK { throw popError(status) }
  }

  /// Runs `body` and takes what it left on the stack away.
  func balanced<R>(_ body: (OpaquePointer) throws -> R) throws -> R {
    let L = try room()
    let top = lua_gettop(L)
    defer { lua_settop(L, top) }
    return try body(L)
  }

  func popReference() throws -> LuaReference {
    var reference: Int32 = 0
    try check(lb_reference(thread, &reference))
    return LuaReference(link, reference)
  }

  // MARK: Warnings

  fileprivate func receive(_ part: String, continues: Bool) {
    if warning.isEmpty && !continues && part.hasPrefix("@") {
      if part == "@on" { warningsOn = true } else if part == "@off" { warningsOn = false }
      return
    }
    warning += part
    if continues { return }
    if warningsOn { onWarning?(warning) }
    warning = ""
  }
}

/// What references hold in place of the state, which they may outlive. (Weak references would do the same, but the
/// first one makes every retain of the state slow for good, and each bound call has a few.)
final class LuaLink: Sendable {
  /// Only the state's own thread looks at it.
  nonisolated(unsafe) unowned(unsafe) var state: LuaState?
  private let released = Mutex<[Int32]>([])
  private let isPending = Atomic<Bool>(false)

  var hasReleased: Bool { isPending.load(ordering: .acquiring) }

  /// References are given up anywhere (also on other threads, also in the middle of a collection), and released
  /// at the next quiet moment.
  func release(_ reference: Int32) {
    released.withLock { $0.append(reference) }
    isPending.store(true, ordering: .releasing)
  }

  func takeReleased() -> [Int32] {
    isPending.store(false, ordering: .releasing)
    return released.withLock { list in
      defer { list = [] }
      return list
    }
  }
}

let luaRegistry = -LUAI_MAXSTACK - 1000

private func receiveWarning(_ owner: UnsafeMutableRawPointer?, _ text: UnsafePointer<CChar>?, _ more: Int32) {
  guard let owner, let text else { return }
  Unmanaged<LuaState>.fromOpaque(owner).takeUnretainedValue()
    .receive(String(cString: text), continues: more != 0)
}

private func releaseObject(_ thread: OpaquePointer?, _ object: UnsafeMutableRawPointer?) {
  guard let thread, let object else { return }
  let box = Unmanaged<LuaBox>.fromOpaque(object).takeRetainedValue()
  LuaState.of(thread).external.remove(box.external)
}
