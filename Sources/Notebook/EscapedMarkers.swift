import LuaSyntax

/// Comment lines within a cell that jupytext would take for something else: markers of cells, and magics, which it
/// uncomments (`-- %time`). Written with one more comment sign, `-- -- %%`, they stay comments.
enum EscapedMarkers {
  static func escaped(_ source: String) -> String {
    rewritten(source) { needsEscape($0) || isEscaped($0) ? "-- " + $0 : nil }
  }

  static func unescaped(_ source: String) -> String {
    rewritten(source) { isEscaped($0) ? String($0.dropFirst(3)) : nil }
  }

  private static func needsEscape(_ comment: some StringProtocol) -> Bool {
    CellMarker(line: comment) != nil || isMagic(comment)
  }

  private static func isEscaped(_ comment: some StringProtocol) -> Bool {
    var rest = Substring(comment)
    var isEscaped = false
    while rest.hasPrefix("-- ") {
      rest = rest.dropFirst(3)
      if needsEscape(rest) { isEscaped = true }
    }
    return isEscaped
  }

  /// `-- %name`, `--%%name`.
  private static func isMagic(_ comment: some StringProtocol) -> Bool {
    guard comment.hasPrefix("--") else { return false }
    var rest = Substring(comment).dropFirst(2)
    if rest.first == " " { rest = rest.dropFirst() }
    let name = rest.drop { $0 == "%" }
    return name.count < rest.count && name.utf8.first.map { (0x61...0x7A).contains($0 | 0x20) } ?? false
  }

  /// Only lines that are comments count: a long string may hold whatever it likes.
  private static func rewritten(_ source: String, _ change: (String) -> String?) -> String {
    guard source.contains("--") else { return source }
    let bytes = Array(source.utf8)
    var result: [UInt8] = []
    var position = 0
    for token in LuaLexer.tokens(of: bytes) where token.kind == .comment {
      let before = bytes[..<token.range.lowerBound].last { $0 != 0x20 && $0 != 0x09 }
      guard before == nil || before == 0x0A,
        let changed = change(String(decoding: bytes[token.range], as: UTF8.self))
      else { continue }
      result += bytes[position..<token.range.lowerBound] + Array(changed.utf8)
      position = token.range.upperBound
    }
    return String(decoding: result + bytes[position...], as: UTF8.self)
  }
}
