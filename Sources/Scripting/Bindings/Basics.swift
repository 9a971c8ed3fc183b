import Lua
import Platform

extension Session {
  /// `lunette.version`, `lunette.spairs`, `lunette.sha256`, and `os.exit`.
  func bindBasics(_ lunette: LuaModule) throws {
    try lunette.value("version", Installation.version)

    /// Lua's own `pairs` has another order in every run; this one sorts: numbers first, then strings.
    try lunette.function("spairs(table)") { call in
      let slot = call.slot(1)
      guard slot.kind == .table else {
        throw LuaArgumentError(1, "table expected, got \(slot.described)")
      }
      var pairs = try slot.pairs().map { (key: SortedKey($0.key), pair: $0) }
      pairs.sort { $0.key < $1.key }
      var position = 0
      let next = try call.state.function("next(...)") { _ in
        guard position < pairs.count else { return LuaMany(LuaValue.nil) }
        defer { position += 1 }
        return LuaMany(pairs[position].pair.key, pairs[position].pair.value)
      }
      return next
    }

    try lunette.function("sha256(text)") { call in
      let text: LuaBytes = try call[1]
      return SHA256(text.bytes).description
    }

    /// Scripts may keep files of their own beside the outputs of the run.
    try lunette.function("output_folder()") { call in try call.state.scriptHost.outputFolder }

    // Lua seeds its random numbers anew in every run; a script is to give the same in each.
    try lua.load("math.randomseed(0)", name: "=[lunette]").call()

    let os: LuaTable = try lua.globals.get("os")
    try os.set(
      "exit",
      try lua.function("exit(code?, close?)") { [weak self] call in
        guard let self else { return }
        switch call.slot(1).kind {
        case .none, .nil: self.exitStatus = 0
        case .boolean: self.exitStatus = try call[1] as Bool ? 0 : 1
        default: self.exitStatus = Int32(truncatingIfNeeded: try call[1] as Int) & 0xff
        }
        // As an interrupt, so that no pcall of the script holds it off; the run then ends as others do.
        self.interrupt()
        throw LuaError(kind: .interrupted, message: "interrupted")
      })
  }
}

/// Orders keys of all types.
private struct SortedKey: Comparable {
  private let rank: Int
  private let number: Double
  private let text: String

  init(_ key: LuaValue) {
    switch key {
    case .integer(let value): (rank, number, text) = (0, Double(value), "")
    case .number(let value): (rank, number, text) = (0, value, "")
    case .string(let value): (rank, number, text) = (1, 0, value)
    case .bytes(let value): (rank, number, text) = (1, 0, String(decoding: value, as: UTF8.self))
    case .boolean(let value): (rank, number, text) = (2, value ? 1 : 0, "")
    default: (rank, number, text) = (3, 0, "")
    }
  }

  static func < (a: SortedKey, b: SortedKey) -> Bool {
    (a.rank, a.number) != (b.rank, b.number)
      ? (a.rank, a.number) < (b.rank, b.number) : a.text.utf8.lexicographicallyPrecedes(b.text.utf8)
  }
}
