import CSQLite
import Encoding

/// The measured rows in a table of SQLite, `rows`, and what failed in another, `failures`. Written by one process, on a disk of its own
/// machine: SQLite's locks do not hold on network file systems.
public struct SweepDatabase {
  private let handle: OpaquePointer
  private let path: String

  /// Puts rows and failures into the database at `path`, which is made where there is none; those that are there already are replaced.
  public static func write(_ store: SweepStore, to path: String) throws(SweepError) {
    let database = try SweepDatabase(path)
    defer { sqlite3_close(database.handle) }
    try database.run("PRAGMA journal_mode = DELETE")
    try database.run("BEGIN IMMEDIATE")
    try database.writeRows(store)
    try database.writeFailures(store)
    try database.run("COMMIT")
  }

  private init(_ path: String) throws(SweepError) {
    var opened: OpaquePointer?
    guard sqlite3_open(path, &opened) == SQLITE_OK, let opened else {
      let reason = opened.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
      sqlite3_close(opened)
      throw SweepError("\(path): \(reason)")
    }
    (handle, self.path) = (opened, path)
    sqlite3_busy_timeout(handle, 10_000)
  }

  private func writeRows(_ store: SweepStore) throws(SweepError) {
    let report = SweepReport(store.sorted)
    try run("CREATE TABLE IF NOT EXISTS rows (id TEXT PRIMARY KEY, fingerprint TEXT NOT NULL)")
    let columns = report.itemColumns + report.resultColumns
    let known = try self.columns(of: "rows").map { $0.lowercased() }
    // SQLite does not tell upper from lower case in the names of columns.
    var names: Set<String> = ["id", "fingerprint"]
    for column in columns {
      guard names.insert(column.lowercased()).inserted else {
        throw SweepError(
          "\(path): two fields are called '\(column)' to SQLite, which does not tell capitals apart and has 'id' and 'fingerprint' of its own"
        )
      }
      if !known.contains(column.lowercased()) {
        try run("ALTER TABLE rows ADD COLUMN \(Self.quoted(column))")
      }
    }
    let list = (["id", "fingerprint"] + columns).map(Self.quoted).joined(separator: ", ")
    let marks = [String](repeating: "?", count: columns.count + 2).joined(separator: ", ")
    try insert("INSERT OR REPLACE INTO rows (\(list)) VALUES (\(marks))", report.records) { record in
      [.string(record.id), .string(store.plan.fingerprint)]
        + report.itemColumns.map { record.item.fields[$0] } + report.resultColumns.map { record.row?[$0] }
    }
  }

  private func writeFailures(_ store: SweepStore) throws(SweepError) {
    try run(
      "CREATE TABLE IF NOT EXISTS failures (id TEXT PRIMARY KEY, item TEXT NOT NULL, message TEXT NOT NULL, traceback TEXT NOT NULL)"
    )
    try run("DELETE FROM failures WHERE id IN (SELECT id FROM rows)")
    try insert(
      "INSERT OR REPLACE INTO failures (id, item, message, traceback) VALUES (?, ?, ?, ?)",
      store.failures.map(\.record)
    ) { record in
      guard case .failure(let message, let traceback) = record.outcome else { return [] }
      return [
        .string(record.id), .string(record.item.text), .string(message),
        .string(traceback.joined(separator: "\n")),
      ]
    }
  }

  // MARK: Statements

  private func run(_ sql: String) throws(SweepError) {
    guard sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK else { throw failure }
  }

  private var failure: SweepError { SweepError("\(path): \(String(cString: sqlite3_errmsg(handle)))") }

  private func columns(of table: String) throws(SweepError) -> [String] {
    let statement = try prepare("SELECT name FROM pragma_table_info('\(table)')")
    defer { sqlite3_finalize(statement) }
    var names: [String] = []
    while sqlite3_step(statement) == SQLITE_ROW {
      names.append(String(cString: sqlite3_column_text(statement, 0)))
    }
    return names
  }

  private func prepare(_ sql: String) throws(SweepError) -> OpaquePointer {
    var prepared: OpaquePointer?
    guard sqlite3_prepare_v2(handle, sql, -1, &prepared, nil) == SQLITE_OK, let prepared else {
      throw failure
    }
    return prepared
  }

  private func insert(_ sql: String, _ records: [SweepRecord], _ values: (SweepRecord) -> [JSON?])
    throws(SweepError)
  {
    let statement = try prepare(sql)
    defer { sqlite3_finalize(statement) }
    for record in records {
      sqlite3_reset(statement)
      for (place, value) in values(record).enumerated() {
        Self.bind(value.map(SweepReport.plain) ?? .null, to: statement, at: Int32(place + 1))
      }
      guard sqlite3_step(statement) == SQLITE_DONE else { throw failure }
    }
  }

  private static func bind(_ value: JSON, to statement: OpaquePointer, at place: Int32) {
    switch value {
    case .null: sqlite3_bind_null(statement, place)
    case .bool(let value): sqlite3_bind_int64(statement, place, value ? 1 : 0)
    case .number(let number):
      if let whole = Int64(number.literal) {
        sqlite3_bind_int64(statement, place, whole)
      } else if number.literal == "NaN" {
        bind("nan", to: statement, at: place)  // a NaN would become NULL
      } else {
        sqlite3_bind_double(statement, place, number.double)
      }
    case .string(let text): bind(text, to: statement, at: place)
    case .array, .object: bind(value.text(), to: statement, at: place)
    }
  }

  private static func bind(_ text: String, to statement: OpaquePointer, at place: Int32) {
    // SQLITE_TRANSIENT, a cast that Swift does not import: SQLite copies the text.
    sqlite3_bind_text(
      statement, place, text, Int32(clamping: text.utf8.count),
      unsafeBitCast(-1, to: sqlite3_destructor_type.self))
  }

  private static func quoted(_ name: String) -> String {
    "\"" + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
  }
}

extension SweepDatabase {
  /// How many rows a table has.
  static func count(_ path: String, _ table: String) throws(SweepError) -> Int {
    let database = try SweepDatabase(path)
    defer { sqlite3_close(database.handle) }
    let statement = try database.prepare("SELECT count(*) FROM \(table)")
    defer { sqlite3_finalize(statement) }
    return sqlite3_step(statement) == SQLITE_ROW ? Int(sqlite3_column_int64(statement, 0)) : 0
  }
}
