import CSQLite

/// What the history needs of SQLite: statements with parameters, and rows of numbers and text.
final class Database {
  enum Value: Equatable {
    case integer(Int)
    case text(String)
    case null
  }

  private let handle: OpaquePointer

  /// Nil where the file cannot be opened.
  init?(path: String) {
    var opened: OpaquePointer?
    let status = sqlite3_open(path, &opened)
    guard status == SQLITE_OK, let opened else {
      sqlite3_close(opened)
      return nil
    }
    handle = opened
    sqlite3_busy_timeout(handle, 2000)  // other kernels write into the same file
  }

  deinit { sqlite3_close(handle) }

  var lastRow: Int { Int(sqlite3_last_insert_rowid(handle)) }

  /// Runs one statement. One that fails gives no rows: what is kept here is never worth stopping a kernel.
  @discardableResult
  func rows(_ sql: String, _ parameters: Value...) -> [[Value]] {
    var prepared: OpaquePointer?
    guard sqlite3_prepare_v2(handle, sql, -1, &prepared, nil) == SQLITE_OK, let statement = prepared else {
      return []
    }
    defer { sqlite3_finalize(statement) }
    for (index, value) in parameters.enumerated() { Self.bind(value, to: statement, at: Int32(index + 1)) }
    var rows: [[Value]] = []
    while sqlite3_step(statement) == SQLITE_ROW {
      rows.append((0..<sqlite3_column_count(statement)).map { Self.value(of: statement, at: $0) })
    }
    return rows
  }

  private static func bind(_ value: Value, to statement: OpaquePointer, at index: Int32) {
    switch value {
    case .integer(let number): sqlite3_bind_int64(statement, index, Int64(number))
    case .text(let text):
      // SQLITE_TRANSIENT, a cast that Swift does not import: SQLite copies the text.
      sqlite3_bind_text(statement, index, text, -1, unsafeBitCast(-1, to: sqlite3_destructor_type.self))
    case .null: sqlite3_bind_null(statement, index)
    }
  }

  private static func value(of statement: OpaquePointer, at column: Int32) -> Value {
    switch sqlite3_column_type(statement, column) {
    case SQLITE_INTEGER: .integer(Int(sqlite3_column_int64(statement, column)))
    case SQLITE_TEXT: sqlite3_column_text(statement, column).map { .text(String(cString: $0)) } ?? .null
    default: .null
    }
  }
}
