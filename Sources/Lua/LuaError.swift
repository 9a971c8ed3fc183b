import CLua54
import CLuaBridge

/// An error that Lua raised, or that is to be raised in Lua.
///
/// `@unchecked Sendable`, as every `Error` must be: `value` is for the thread of its state alone.
public struct LuaError: Error, CustomStringConvertible, @unchecked Sendable {
  public enum Kind: Sendable { case syntax, runtime, memory, interrupted, limit }
  public let kind: Kind
  /// With the script's name and line in front, where Lua knows them.
  public let message: String
  /// The lines of the scripts (never of the host) that were running, innermost first.
  public let traceback: [LuaFrame]
  /// What `error` was given, when it was not a string: raised again as it is.
  public let value: LuaValue?

  public init(kind: Kind = .runtime, message: String, traceback: [LuaFrame] = [], value: LuaValue? = nil) {
    self.kind = kind
    self.message = message
    self.traceback = traceback
    self.value = value
  }

  public var description: String { message }

  /// A syntax error that more text could mend: what a prompt asks before it goes on reading.
  public var isIncompleteInput: Bool { kind == .syntax && message.hasSuffix("near <eof>") }

  /// The message and below it the traceback, as Lua's own interpreter prints them.
  public var report: String {
    guard !traceback.isEmpty else { return message }
    return message + "\nstack traceback:\n" + traceback.map { "\t\($0)" }.joined(separator: "\n")
  }
}

/// One line of a traceback. Of a very deep one the middle is left out, which a frame with the source "…" marks.
public struct LuaFrame: Sendable, Hashable, CustomStringConvertible {
  public let source: String
  public let line: Int
  /// The function's name, nil in the main chunk.
  public let function: String?

  public init(source: String, line: Int, function: String?) {
    self.source = source
    self.line = line
    self.function = function
  }

  public var description: String {
    if source == "…" { return "… (\(line) levels)" }
    return "\(source):\(line): in " + (function.map { "function '\($0)'" } ?? "main chunk")
  }
}

/// A bound function's complaint about one of its arguments: raised as
/// `bad argument #1 to 'svd' (2-d tensor expected, got {3})`.
public struct LuaArgumentError: Error, CustomStringConvertible {
  public let index: Int
  public let message: String

  /// - Parameter index: from 1; 0 is the object of a method.
  public init(_ index: Int, _ message: String) {
    self.index = index
    self.message = message
  }

  public var description: String { "bad argument #\(index) (\(message))" }
}

/// What a `LuaReadable` throws when the value at hand is of another kind; whoever knows the argument's number or
/// the option's name completes it.
public struct LuaMismatch: Error, CustomStringConvertible {
  public let description: String

  /// - Parameter message: such as "number expected, got string".
  public init(_ message: String) { description = message }

  public init(expected: String, got slot: LuaSlot) {
    description = "\(expected) expected, got \(slot.described)"
  }
}

extension LuaState {
  /// The error on top of the stack, taken away.
  func popError(_ status: Int32) -> LuaError {
    let L = thread
    let slot = LuaSlot(state: self, index: lua_gettop(L))
    defer { lua_settop(L, slot.index - 1) }
    let frames = traceback
    traceback = []
    var value: LuaValue?
    let message: String
    if let text = slot.string {
      message = text
    } else if status == LUA_ERRMEM {
      message = "stack overflow"
    } else {
      value = try? LuaValue.read(slot)
      message = text(of: slot) ?? "(error object is a \(slot.described) value)"
    }
    let kind: LuaError.Kind =
      switch status {
      case LUA_ERRSYNTAX: .syntax
      case LUA_ERRMEM: .memory
      default: !isInterrupted ? .runtime : limitReason == nil ? .interrupted : .limit
      }
    // Whatever the script made of it on the way: what ended it is what is to be read.
    let text = kind == .limit ? limitReason ?? message : message
    return LuaError(kind: kind, message: text, traceback: status == LUA_ERRRUN ? frames : [], value: value)
  }

  /// `tostring`, for error objects that have a say in it.
  private func text(of slot: LuaSlot) -> String? {
    let L = thread
    guard luaL_getmetafield(L, slot.index, "__tostring") != LUA_TNIL else { return nil }
    lua_settop(L, slot.index)
    defer { lua_settop(L, slot.index) }
    guard lb_to_string(L, slot.index) == LUA_OK else { return nil }
    return LuaSlot(state: self, index: lua_gettop(L)).string
  }

  /// Pushes what a Swift error looks like in Lua.
  func pushError(_ error: any Error, from function: LuaFunctionBox?) -> Int32 {
    let L = thread
    guard lua_checkstack(L, 8) != 0 else {
      lua_settop(L, 0)
      _ = lb_push_string(L, "stack overflow", 14)
      return LB_RAISE
    }
    if let error = error as? LuaError {
      passing = (error.message, error.traceback)
      if let value = error.value, (try? push(value)) != nil { return LB_RAISE }
      // What has come through Lua already names its line.
      let isFresh = error.traceback.isEmpty && (error.kind == .runtime || error.message == "interrupted")
      pushMessage(isFresh ? callerLine() + Self.readable(error.message) : error.message)
      return LB_RAISE
    }
    let text = function?.signature.complete(error, else: wording) ?? wording(error)
    pushMessage(callerLine() + Self.readable(text))
    return LB_RAISE
  }

  /// A message that quotes what it was given, which may be longer than anybody reads.
  private static func readable(_ text: String) -> String {
    guard text.utf8.count > 4000 else { return text }
    return String(text.unicodeScalars.prefix(2000)) + " … " + String(text.unicodeScalars.suffix(400))
  }

  private func pushMessage(_ text: String) {
    var text = text
    // When this fails, Lua's own memory error is on top instead, which is what there is to say then.
    _ = text.withUTF8 { utf8 in
      utf8.withMemoryRebound(to: CChar.self) { lb_push_string(thread, $0.baseAddress, $0.count) }
    }
  }

  /// "script.lua:3: " of the nearest script line that runs.
  func callerLine() -> String { location { _ in true } }

  /// "script.lua:3: " of the nearest line that runs in a file that is meant: where a plugin was called, and not itself.
  public func location(_ isMeant: (Substring) -> Bool) -> String {
    var debug = lua_Debug()
    var level: Int32 = 1
    while lua_getstack(thread, level, &debug) != 0, level < 64 {
      if lua_getinfo(thread, "Sl", &debug) != 0, debug.currentline > 0, !isHosts(debug),
        isMeant(String(cString: debug.source).drop { $0 == "@" || $0 == "=" })
      {
        return "\(sourceName(&debug)):\(debug.currentline): "
      }
      level += 1
    }
    return ""
  }

  /// Whether the bound function that runs was called in the place of the function which called it (`return f(x)`).
  public var isTailCall: Bool {
    var debug = lua_Debug()
    return lua_getstack(thread, 0, &debug) != 0 && lua_getinfo(thread, "t", &debug) != 0
      && debug.istailcall != 0
  }

  /// Where the nearest line of a script stands that runs: "@" and a file, or "=" and a name.
  public var nearestSource: String? {
    var debug = lua_Debug()
    var level: Int32 = 0
    while lua_getstack(thread, level, &debug) != 0, level < 256 {
      if lua_getinfo(thread, "Sl", &debug) != 0, debug.currentline > 0, !isHosts(debug) {
        return String(cString: debug.source)
      }
      level += 1
    }
    return nil
  }

  /// For code of the host that catches an error and raises it again: the lines that run now are to be its traceback.
  public func keepTraceback(of message: String) {
    guard passing?.message != message else { return }
    passing = (message, frames(thread))
  }

  func noteTraceback() {
    let L = thread
    if let message = LuaSlot(state: self, index: 1).string, let passing, passing.message == message,
      !passing.traceback.isEmpty
    {
      traceback = passing.traceback
    } else {
      traceback = frames(L)
    }
    passing = nil
  }

  private func frames(_ L: OpaquePointer) -> [LuaFrame] {
    var debug = lua_Debug()
    // Lua finds a level by walking: in a deep recursion (200,000 levels), asking for each would take minutes.
    var (within, beyond): (Int32, Int32) = (0, 1)
    while lua_getstack(L, beyond, &debug) != 0 { (within, beyond) = (beyond, beyond * 2) }
    while beyond - within > 1 {
      let middle = within + (beyond - within) / 2
      if lua_getstack(L, middle, &debug) != 0 { within = middle } else { beyond = middle }
    }
    var frames: [LuaFrame] = []
    var level: Int32 = 1
    while level < beyond {
      if level == 24, beyond > 48 {
        frames.append(LuaFrame(source: "…", line: Int(beyond) - 36, function: nil))
        level = beyond - 12
      }
      guard lua_getstack(L, level, &debug) != 0 else { break }
      level += 1
      guard lua_getinfo(L, "Sln", &debug) != 0, debug.currentline > 0, !isHosts(debug) else { continue }
      let name: String? =
        if debug.linedefined == 0 {
          nil
        } else if let given = debug.name {
          String(cString: given)
        } else {
          "line \(debug.linedefined)"
        }
      frames.append(LuaFrame(source: sourceName(&debug), line: Int(debug.currentline), function: name))
    }
    return frames
  }
}

/// Code named "=[…]" is the host's own, no script's.
private func isHosts(_ debug: lua_Debug) -> Bool {
  guard let source = debug.source else { return true }
  return source[0] == UInt8(ascii: "=") && source[1] == UInt8(ascii: "[")
}

private func sourceName(_ debug: inout lua_Debug) -> String {
  withUnsafeBytes(of: &debug.short_src) { bytes in
    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }
}

func noteFailure(_ thread: OpaquePointer?) {
  if let thread { LuaState.of(thread).noteTraceback() }
}
