import LuaSyntax

/// Comment lines within a cell that read as markers of cells. Written as `-- -- %%`, they open none.
enum EscapedMarkers {
  static func escaped(_ source: String) -> String {
    rewritten(source) { CellMarker(line: $0) != nil || isEscaped($0) ? "-- " + $0 : nil }
  }

  static func unescaped(_ source: String) -> String {
    rewritten(source) { isEscaped($0) ? String($0.dropFirst(3)) : nil }
  }

  private static func isEscaped(_ line: some StringProtocol) -> Bool {
    guard line.hasPrefix("-- ") else { return false }
    let rest = String(line.dropFirst(3))
    return CellMarker(line: rest) != nil || isEscaped(rest)
  }

  /// Only lines that are comments count: a long string may hold whatever it likes.
  private static func rewritten(_ source: String, _ change: (String) -> String?) -> String {
    guard source.contains("%%") else { return source }
    let bytes = Array(source.utf8)
    var result: [UInt8] = []
    var position = 0
    for token in LuaLexer.tokens(of: bytes) where token.kind == .comment {
      let isLineStart = token.range.lowerBound == 0 || bytes[token.range.lowerBound - 1] == 0x0A
      guard isLineStart, let changed = change(String(decoding: bytes[token.range], as: UTF8.self)) else {
        continue
      }
      result += bytes[position..<token.range.lowerBound] + Array(changed.utf8)
      position = token.range.upperBound
    }
    return String(decoding: result + bytes[position...], as: UTF8.self)
  }
}
