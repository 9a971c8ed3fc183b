extension String {
  /// The text in one line that no terminal obeys: control characters, which a message may have from a file that it quotes, as Lua
  /// writes them, `\n`, `\27`.
  public var oneLine: String {
    guard utf8.contains(where: { $0 < 0x20 || $0 == 0x7F || $0 == 0xC2 || $0 == 0xE2 }) else { return self }
    var line = ""
    for scalar in unicodeScalars {
      switch scalar {
      case "\n": line += "\\n"
      case "\r": line += "\\r"
      case "\t": line += "\\t"
      case "\u{2028}", "\u{2029}": line += " "
      case _ where scalar.properties.generalCategory == .control: line += "\\\(scalar.value)"
      default: line.unicodeScalars.append(scalar)
      }
    }
    return line
  }
}
