/// How many columns of a terminal text takes.
enum TextWidth {
  /// Of a text, without the escape sequences in it.
  static func of(_ text: some StringProtocol) -> Int {
    var width = 0
    var isEscape = false
    for character in text {
      if character == "\u{1B}" {
        isEscape = true
      } else if isEscape {
        isEscape = !("a"..."z" ~= character || "A"..."Z" ~= character)
      } else {
        width += of(character)
      }
    }
    return width
  }

  /// Of a character: what a joiner or a tone of skin adds to an emoji takes no columns of its own.
  static func of(_ character: Character) -> Int {
    var width = 0
    var isJoined = false
    for scalar in character.unicodeScalars {
      let isTone = (0x1F3FB...0x1F3FF).contains(scalar.value) && width > 0
      if !isJoined, !isTone { width += columns(of: scalar) }
      isJoined = scalar.value == 0x200D
    }
    return width
  }

  /// The character as it may be sent to a terminal: a control character as its picture.
  static func shown(_ character: Character) -> String {
    var text = ""
    for scalar in character.unicodeScalars {
      let isControl = scalar.properties.generalCategory == .control
      text.unicodeScalars.append(isControl ? Unicode.Scalar(0x2400 + scalar.value % 0x20) ?? "?" : scalar)
    }
    return text
  }

  private static let wide: [ClosedRange<UInt32>] = [
    0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF,
    0xA960...0xA97C, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6F, 0xFF00...0xFF60,
    0xFFE0...0xFFE6, 0x20000...0x3FFFD,
  ]

  /// 0 for marks that join the letter before, 2 for East Asian letters and pictures, else 1. Of a flag's two letters each
  /// takes one.
  private static func columns(of scalar: Unicode.Scalar) -> Int {
    if scalar.value < 0x300 { return 1 }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    default: break
    }
    if (0x1F1E6...0x1F1FF).contains(scalar.value) || (0x1160...0x11FF).contains(scalar.value) {
      return scalar.value < 0x1200 ? 0 : 1
    }
    return scalar.properties.isEmojiPresentation || wide.contains { $0.contains(scalar.value) } ? 2 : 1
  }
}
