import Encoding

/// The escape sequences by which terminals are told colours.
public enum ANSI {
  /// Text without them.
  public static func stripped(_ text: String) -> String {
    guard text.utf8.contains(0x1B) else { return text }
    var result: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      guard byte == 0x1B, rest.first == UInt8(ascii: "[") else {
        result.append(byte)
        continue
      }
      rest.removeFirst()
      while let next = rest.popFirst(), !(0x40...0x7E).contains(next) {}
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// Text as a stranger may print it at a terminal: colours (SGR), and what a bar of progress takes to write its own line anew (carriage
  /// return, erasing in the line). All else that a terminal obeys (the clipboard, titles, answers typed in, moves to other lines) is
  /// shown as Lua writes it, `\27`. A sequence that comes in pieces is none.
  public static func harmless(_ text: String) -> String {
    guard text.utf8.contains(where: { $0 < 0x20 && $0 != 0x0A || $0 >= 0x7F }) else { return text }
    var result = String.UnicodeScalarView()
    var rest = text.unicodeScalars[...]
    while let scalar = rest.first {
      if scalar == "\u{1B}", let sequence = colorSequence(rest) {
        result.append(contentsOf: rest[..<sequence])
        rest = rest[sequence...]
        continue
      }
      rest.removeFirst()
      if scalar == "\n" || scalar == "\t" || scalar == "\r" || scalar.isPrintable {
        result.append(scalar)
      } else {
        result.append(contentsOf: String(scalar).oneLine.unicodeScalars)
      }
    }
    return String(result)
  }

  /// The end of `ESC [ … m` or `ESC [ … K` at the beginning of the text.
  private static func colorSequence(
    _ text: Substring.UnicodeScalarView
  ) -> Substring.UnicodeScalarView.Index? {
    guard text.count > 2, text[text.index(after: text.startIndex)] == "[" else { return nil }
    let arguments = text.dropFirst(2).prefix { ("0"..."9").contains($0) || $0 == ";" || $0 == ":" }
    guard arguments.endIndex < text.endIndex, ["m", "K"].contains(text[arguments.endIndex]) else {
      return nil
    }
    return text.index(after: arguments.endIndex)
  }
}
