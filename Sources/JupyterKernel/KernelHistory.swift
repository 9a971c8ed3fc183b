import Platform

/// The inputs of all sessions, kept in SQLite: `$XDG_STATE_HOME/lunette/kernel.sqlite`.
struct KernelHistory {
  struct Entry: Equatable {
    let session: Int
    let line: Int
    let source: String
  }

  private let database: Database?
  let session: Int

  /// - Parameter path: of the file; without a place to write, the history of this session is kept in memory.
  init(path: String?) {
    let database = path.flatMap(Database.init(path:)) ?? Database(path: ":memory:")
    database?.rows("PRAGMA journal_mode = WAL")
    database?.rows(
      "CREATE TABLE IF NOT EXISTS sessions (id INTEGER PRIMARY KEY AUTOINCREMENT, started TEXT DEFAULT CURRENT_TIMESTAMP)"
    )
    database?.rows(
      "CREATE TABLE IF NOT EXISTS inputs (session INTEGER, line INTEGER, source TEXT, PRIMARY KEY (session, line))"
    )
    database?.rows("INSERT INTO sessions DEFAULT VALUES")
    self.database = database
    session = database?.lastRow ?? 1
  }

  static var defaultPath: String? {
    guard let folder = Environment.stateFolder else { return nil }
    try? Folder.make(folder, mode: 0o700)
    return folder + "/kernel.sqlite"
  }

  func add(_ source: String, line: Int) {
    database?.rows(
      "INSERT OR REPLACE INTO inputs VALUES (?, ?, ?)", .integer(session), .integer(line), .text(source))
  }

  /// The last entries, oldest first.
  func tail(_ count: Int) -> [Entry] {
    entries(database?.rows("SELECT * FROM inputs ORDER BY session DESC, line DESC LIMIT ?", .integer(count)))
      .reversed()
  }

  /// The entries of a session from `start` to before `stop`; session 0 is this one, -1 the one before.
  func range(session: Int, start: Int, stop: Int?) -> [Entry] {
    let id = session > 0 ? session : self.session + max(session, -self.session)
    return entries(
      database?.rows(
        "SELECT * FROM inputs WHERE session = ? AND line >= ? AND line < ? ORDER BY line", .integer(id),
        .integer(start), .integer(stop ?? Int(Int32.max))))
  }

  /// The last entries that a pattern with `*` and `?` fits, oldest first.
  ///
  /// - Parameter isUnique: of entries that say the same, the last one alone.
  func search(_ pattern: String, count: Int?, isUnique: Bool) -> [Entry] {
    // With MAX in it, SQLite takes a group's other columns from the row that has the maximum.
    let columns = isUnique ? "session, line, source, MAX(session << 32 | line)" : "*"
    let grouping = isUnique ? "GROUP BY source" : ""
    return entries(
      database?.rows(
        "SELECT \(columns) FROM inputs WHERE source GLOB ? \(grouping) ORDER BY session DESC, line DESC LIMIT ?",
        .text(pattern), .integer(count ?? -1))
    ).reversed()
  }

  private func entries(_ rows: [[Database.Value]]?) -> [Entry] {
    (rows ?? []).compactMap { row in
      guard row.count >= 3, case .integer(let session) = row[0], case .integer(let line) = row[1],
        case .text(let source) = row[2]
      else { return nil }
      return Entry(session: session, line: line, source: source)
    }
  }
}
