import Lua
import LuaSyntax
import Notebook

/// The variables of a session, and the compiler of its cells.
///
/// A cell is one chunk, and the top-level `local`s of one cell are seen and assignable in later ones. So they are
/// no locals of the chunk but fields of tables, the *frames*: a cell's own variables are in its frame, which the
/// closures of the cell and the later cells share. `local x = 1` is compiled as `_cell1.x = 1`, and `x` as
/// `_cell1.x` wherever the scopes of Lua say that this `x` is meant. A name declared again is a new variable in
/// another frame, so that closures that saw the first keep it, as in a plain chunk. No limit of 200 remains.
struct CellScope {
  private var meanings: [String: CellParser.Meaning] = [:]
  private var nextFrame = 1
  /// frame number → table
  private let frames: LuaTable
  private let state: LuaState

  init(_ state: LuaState) throws {
    self.state = state
    frames = try state.table()
  }

  /// The names of the session variables.
  var names: [String] { meanings.keys.sorted() }

  /// Lends `body` the value of a session variable; nil if there is none of this name.
  func withValue<R>(of name: String, _ body: (LuaSlot) throws -> R) throws -> R? {
    guard case .session(let id, _)? = meanings[name], let frame: LuaTable = try frames.get(id) else {
      return nil
    }
    return try frame.withSlot { try $0.withRawField(name, body) }
  }

  /// Whether a table is one of the frames.
  func isFrame(_ slot: LuaSlot) -> Bool {
    guard let address = slot.address, let pairs = try? frames.pairs() else { return false }
    return pairs.contains { if case .table(let frame) = $0.value { frame.address == address } else { false } }
  }

  struct CompiledCell {
    let function: LuaFunction
    let declarations: [CellParser.Declaration]
  }

  /// Compiles one cell whose first line is `firstLine` of the script `name`.
  ///
  /// - Throws: `LuaError` with the message that Lua has for the text as it was written.
  mutating func compile(_ source: String, name: String, firstLine: Int) throws -> CompiledCell {
    var bytes = Array(source.utf8)
    if bytes.starts(with: "#!".utf8) {
      bytes.removeSubrange(..<(bytes.firstIndex(of: 0x0A) ?? bytes.endIndex))
    }
    let lines = String(repeating: "\n", count: max(0, min(firstLine, 1_000_000) - 1))
    var meanings = meanings
    if meanings["_ENV"] != nil { meanings["_ENV"] = .real }
    func parsed(frameTable: Bool) throws -> CellParser {
      var parser = CellParser(
        bytes, meanings: meanings, nextFrame: nextFrame, prefix: CellParser.freePrefix(in: bytes),
        frameTable: frameTable)
      try parser.parse()
      return parser
    }
    /// Lua's complaint about the text as it was written.
    func complaint() -> LuaError? {
      do {
        _ = try state.load(lines + String(decoding: bytes, as: UTF8.self), name: name)
        return nil
      } catch { return error as? LuaError }
    }
    func mistake(_ message: String, at offset: Int) -> LuaError {
      let line = firstLine + bytes[..<offset].count { $0 == 0x0A }
      return LuaError(kind: .syntax, message: "\(name):\(line): \(message)")
    }

    var parser: CellParser
    do {
      parser = try parsed(frameTable: false)
      if parser.frames.count > 100 { parser = try parsed(frameTable: true) }
    } catch let error as Unparsable {
      let complaint = complaint()
      if error.atEnd, complaint?.isIncompleteInput != true {
        throw mistake("unexpected symbol near <eof>", at: bytes.count)
      }
      throw complaint ?? mistake("syntax error", at: 0)
    }
    if let constant = parser.constantError {
      throw mistake("attempt to assign to const variable '\(constant.name)'", at: constant.offset)
    }
    do {
      let function = try link(parser, lines: lines, name: name)
      return CompiledCell(function: function, declarations: parser.declarations)
    } catch let error as LuaError where error.kind == .syntax {
      throw parser.hasValue ? error : complaint() ?? error
    }
  }

  /// Takes the variables of a cell that has run into the session. After a failure, only those that have a value:
  /// the rest of the cell never declared its own.
  mutating func adopt(_ cell: CompiledCell, failed: Bool) throws {
    for declaration in cell.declarations {
      nextFrame = max(nextFrame, declaration.frame + 1)
      if failed {
        let frame: LuaTable? = try frames.get(declaration.frame)
        if try frame?.get(declaration.name, as: LuaValue.self).isNil ?? true { continue }
      }
      meanings[declaration.name] = .session(frame: declaration.frame, isConstant: declaration.isConstant)
    }
    var alive: Set<Int> = []
    for case .session(let frame, _) in meanings.values { alive.insert(frame) }
    for (key, _) in try frames.pairs() {
      if case .integer(let id) = key, !alive.contains(id) { try frames.set(id, LuaValue.nil) }
    }
  }

  // MARK: Linking

  /// Wraps the rewritten text into a function whose upvalues are the frames it needs.
  private func link(_ parser: CellParser, lines: String, name: String) throws -> LuaFunction {
    let ids = parser.frames.sorted()
    var names: [String] = []
    var values: [any LuaPushable] = []
    if ids.count > 100 {
      let table = try state.table(fields: ids.count)
      for id in ids { try table.set(id, try frame(id)) }
      names = [parser.tableName]
      values = [table]
    } else {
      names = ids.map(parser.frameName)
      values = try ids.map { try frame($0) }
    }
    var prologue = ""
    if parser.renewsFrames {
      names.append(parser.renewName)
      let frames = frames
      values.append(
        try state.function("frame(id)") { call in
          let table = try call.state.table()
          try frames.set(try call[1] as Int, table)
          return table
        })
    }
    if parser.hasValue {
      names.append(parser.valueName)
      values.append(
        try state.function("value(...)") { call in LuaMany(list: try call.arguments(as: LuaValue.self)) })
    }
    if case .session(let id, _)? = meanings["_ENV"] {
      names.append(parser.environmentName)
      values.append(try frame(id))
      prologue = "local _ENV=\(parser.environmentName)._ENV;"
    }
    let header = names.isEmpty ? "" : "local \(names.joined(separator: ","))=...;"
    let text = header + prologue + "return function(...)" + lines
    return try load(text, parser.rewritten, name: name, values)
  }

  private func load(
    _ header: String, _ body: [UInt8], name: String, _ values: [any LuaPushable]
  ) throws -> LuaFunction {
    let text = header + String(decoding: body, as: UTF8.self) + "\nend"
    let maker = try state.load(text, name: name)
    return try maker.call(with: values) { results in
      guard let first = results.first else { throw LuaError(kind: .syntax, message: "\(name): no function") }
      return try LuaFunction.read(first)
    }
  }

  private func frame(_ id: Int) throws -> LuaTable {
    if let known: LuaTable = try frames.get(id) { return known }
    let table = try state.table()
    try frames.set(id, table)
    return table
  }
}
