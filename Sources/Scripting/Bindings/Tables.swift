import Lua
import Notebook
import Tensor

/// Rows under named columns, as scripts hold them.
struct LuaTableValue: Displayable {
  static let luaName = "data table"
  let table: Notebook.Table

  func mimeBundle() throws -> MIMEBundle { table.mimeBundle }

  static func describe(_ type: LuaType<LuaTableValue>) throws {
    // Without a path, the text itself.
    try type.method("csv(path?)") { try $0.save($0.table.csv, $1) }
    try type.method("json(path?)") { try $0.save($0.table.json.text(indent: 1) + "\n", $1) }
    type.property("columns") { $0.table.columns }
    try type.metamethod("__len") { value, _ in value.table.rows.count }
    try type.metamethod("__tostring") { value, _ in value.table.plainText }
    try type.showsItself()
  }

  private func save(_ text: String, _ call: LuaCall) throws -> String? {
    guard let path: String = try call[1] else { return text }
    try call.checkWriting(path)
    try TextFile.write(text, to: path)
    return nil
  }
}

extension Bindings {
  /// `lunette.table(rows, {columns})`: rows are tables by column, or lists in the order of `columns`.
  static func addTable(to lunette: LuaModule) throws {
    try lunette.function("table(rows, {columns})") { call in
      let rows: [TableRow] = try call[1]
      let named = Set(rows.flatMap(\.fields.keys)).sorted()
      let width = rows.reduce(0) { max($0, $1.items.count) }
      let columns: [String] =
        try call["columns"] ?? (named.isEmpty ? (0..<width).map { String($0 + 1) } : named)
      let most = 1 << 24
      guard rows.isEmpty || columns.count <= most / rows.count else {
        throw LuaArgumentError(
          1, "at most \(most) cells expected, got \(rows.count) rows of \(columns.count)")
      }
      for (index, row) in rows.enumerated() where row.items.count > columns.count {
        throw LuaArgumentError(
          1, "row \(index + 1) has \(row.items.count) values, and there are \(columns.count) columns")
      }
      var seen: Set<String> = []
      if let twice = columns.first(where: { !seen.insert($0).inserted }) {
        throw LuaArgumentError(1, "two columns are called '\(twice)'")
      }
      return LuaTableValue(
        table: Notebook.Table(
          columns: columns,
          rows: rows.map { row in row.fields.isEmpty ? row.items : columns.map { row.fields[$0] ?? .none } }))
    }
  }
}

private struct TableRow: LuaReadable {
  var items: [Notebook.Table.Value] = []
  var fields: [String: Notebook.Table.Value] = [:]

  static func read(_ slot: LuaSlot) throws -> TableRow {
    guard slot.kind == .table else { throw LuaMismatch(expected: "row", got: slot) }
    var row = TableRow()
    try slot.forEachPair { key, value in
      if let name = key.string { row.fields[name] = try cell(value) }
    }
    if !row.fields.isEmpty, slot.count > 0 {
      throw LuaMismatch("row of values by column, or of values in order, expected; this one has both")
    }
    if row.fields.isEmpty { row.items = try (0..<slot.count).map { try slot.withItem($0 + 1, cell) } }
    return row
  }

  private static func cell(_ slot: LuaSlot) throws -> Notebook.Table.Value {
    switch slot.kind {
    case .none, .nil: return .none
    case .boolean: return .bool(slot.boolean ?? false)
    case .number:
      if case .integer(let value) = try LuaValue.read(slot) { return .integer(value) }
      return .number(slot.number ?? 0)
    case .userdata:
      if let tensor = try? Tensor.read(slot), tensor.count == 1 { return .number(Double(try tensor.item())) }
      return .text(try slot.tostring())
    default: return .text(try slot.tostring())
    }
  }
}
