import Lua

extension Bindings {
  /// `lunette.options`: the options of functions that are written in Lua, checked as those of bound functions are; and
  /// `lunette.argument_error`, the complaint about any argument.
  ///
  /// - Parameter place: the line to blame, "script.lua:3: "; a plugin's own `lunette` has that of its callers.
  static func addOptions(
    to lunette: LuaModule, place: @escaping (LuaState) -> String = { $0.locationOfCaller }
  ) throws {
    let string: LuaTable = try lunette.state.globals.get("string")
    let format: LuaFunction = try string.get("format")
    try lunette.function("argument_error(position, name, message, ...)") { call -> LuaMany in
      var message: String = try call[3]
      if call.count > 3 {
        message = try format.call(with: call.arguments(from: 3, as: LuaValue.self)) { try String.read($0[0]) }
      }
      throw LuaError.complaint(try call[1], of: try call[2], message, at: place(call.state))
    }

    let module = try lunette.module("options")
    try module.function("read(given, spec, name, position)") { call -> LuaTable in
      try call.checkedOptions(place) { given, spec in
        let read = try call.state.table()
        for option in try OptionSpec.all(in: spec) {
          try read.set(option.name, try option.value(in: given))
        }
        return read
      }
    }
    try module.function("only(given, names, name, position)") { call -> LuaValue in
      try call.checkedOptions(place) { given, _ in
        given.isNothing ? .table(try call.state.table()) : try .read(given)
      }
    }
  }
}

extension LuaCall {
  /// Lends `body` the table of options and what is said of it, once that has no other keys. A fault is reported where the function that
  /// was given the options was called.
  fileprivate func checkedOptions<R>(
    _ place: (LuaState) -> String, _ body: (LuaSlot, LuaSlot) throws -> R
  ) throws -> R {
    let (given, spec) = (slot(1), slot(2))
    guard spec.kind == .table else { throw LuaArgumentError(2, "table expected, got \(spec.described)") }
    let name: String = try self[3]
    let position: Int = try self[4]
    do {
      guard given.isNothing || given.kind == .table else {
        throw LuaMismatch("table of options expected, got \(given.described)")
      }
      var known: [String] = []
      // Of a list, the names stand in the values.
      try spec.forEachPair { key, value in
        if let name = key.string ?? value.string { known.append(name) }
      }
      if !given.isNothing { try given.checkKeys(known.sorted()) }
      return try body(given, spec)
    } catch let error as LuaMismatch {
      throw LuaError.complaint(position, of: name, "\(error)", at: place(state))
    }
  }
}

extension LuaError {
  /// The complaint about an argument of a function that is written in Lua.
  fileprivate static func complaint(_ position: Int, of name: String, _ message: String, at place: String)
    -> LuaError
  {
    let text = "\(place)bad argument #\(position) to '\(name)' (\(message))"
    return LuaError(message: text, value: .string(text))
  }
}

extension LuaState {
  /// The line that called the function which calls a bound one; that function's own, if nothing did.
  fileprivate var locationOfCaller: String {
    // After a tail call, the function that made it stands there no more.
    var isCaller = isTailCall
    let outer = location { _ in
      defer { isCaller = true }
      return isCaller
    }
    return outer.isEmpty ? location { _ in true } : outer
  }
}

extension LuaSlot {
  /// Throws for the first key, by its name, that is none of those known.
  fileprivate func checkKeys(_ known: [String]) throws {
    var strays: [String] = []
    try forEachPair { key, _ in
      guard let name = key.string else { throw LuaMismatch("unknown option [\(key.described)]") }
      if !known.contains(name) { strays.append(name) }
    }
    guard let stray = strays.min() else { return }
    let hint = nearestName(to: stray, among: known).map { "; did you mean '\($0)'?" } ?? ""
    throw LuaMismatch("unknown option '\(stray)'\(hint)")
  }
}
