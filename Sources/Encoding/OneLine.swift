extension String {
  /// The text in one line that no terminal obeys, and that reads as it is written: what strangers wrote may hold line breaks, escape
  /// sequences, or marks that turn the direction of what follows. Such characters are shown as Lua writes them: `\n`, `\27`, `\u{202E}`.
  public var oneLine: String {
    guard utf8.contains(where: { $0 < 0x20 || $0 >= 0x7F }) else { return self }
    var line = ""
    for scalar in unicodeScalars {
      switch scalar {
      case "\n": line += "\\n"
      case "\r": line += "\\r"
      case "\t": line += "\\t"
      case _ where scalar.isPrintable: line.unicodeScalars.append(scalar)
      case _ where scalar.value < 0x100: line += "\\\(scalar.value)"
      default: line += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
      }
    }
    return line
  }

  /// The same, cut after so many characters.
  public func oneLine(of count: Int) -> String {
    let line = String(String.UnicodeScalarView(unicodeScalars.prefix(count + 1))).oneLine
    guard line.unicodeScalars.count > count else { return line }
    return String(String.UnicodeScalarView(line.unicodeScalars.prefix(count))) + "…"
  }
}

extension Unicode.Scalar {
  /// Whether it can be shown in a line as itself: no control character, no separator of lines, none of the invisible marks that change
  /// the order or the look of others. The joiners stay, which emoji and several scripts are written with.
  public var isPrintable: Bool {
    if self == "\u{200C}" || self == "\u{200D}" { return true }
    return switch properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: false
    default: true
    }
  }
}
