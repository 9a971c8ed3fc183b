import Encoding

/// Lua source as HTML, one `<span class="line">` per line, so that a style sheet can number them.
///
/// Classes: `k` keyword, `c` constant, `n` number, `s` string, `r` remark, `f` called function, `b` built in.
public enum LuaHighlighter {
  private static let builtIns: Set<String> = [
    "assert", "error", "getmetatable", "io", "ipairs", "lunette", "math", "next", "os", "pairs", "pcall",
    "print",
    "require", "select", "setmetatable", "string", "table", "tonumber", "tostring", "type", "utf8",
  ]

  /// - Parameter marked: the line of `source`, from 0, to set off as the one that failed.
  public static func html(_ source: String, marked: Int? = nil) -> String {
    let bytes = Array(source.utf8)
    let tokens = LuaLexer.tokens(of: bytes)
    var lines = [""]
    func append(_ range: Range<Int>, _ style: String?) {
      let pieces = String(decoding: bytes[range], as: UTF8.self).split(
        separator: "\n", omittingEmptySubsequences: false)
      for (index, piece) in pieces.enumerated() {
        if index > 0 { lines.append("") }
        guard !piece.isEmpty else { continue }
        let text = escapedHTML(piece)
        lines[lines.count - 1] += style.map { "<span class=\"\($0)\">\(text)</span>" } ?? text
      }
    }
    var position = 0
    for (index, token) in tokens.enumerated() {
      append(position..<token.range.lowerBound, nil)
      let next = index + 1 < tokens.count ? tokens[index + 1] : nil
      append(token.range, style(of: token, before: next, in: bytes))
      position = token.range.upperBound
    }
    append(position..<bytes.count, nil)
    return lines.enumerated()
      .map { "<span class=\"line\($0.offset == marked ? " marked" : "")\">\($0.element)</span>" }.joined(
        separator: "\n")
  }

  private static func style(of token: LuaToken, before next: LuaToken?, in bytes: [UInt8]) -> String? {
    switch token.kind {
    case .keyword: return "k"
    case .constant: return "c"
    case .number: return "n"
    case .string: return "s"
    case .comment: return "r"
    case .symbol: return nil
    case .name:
      if builtIns.contains(String(decoding: bytes[token.range], as: UTF8.self)) { return "b" }
      guard let next else { return nil }
      let opens =
        next.kind == .symbol && [UInt8(ascii: "("), UInt8(ascii: "{")].contains(bytes[next.range.lowerBound])
      return opens || next.kind == .string ? "f" : nil
    }
  }
}
