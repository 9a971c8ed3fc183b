/// A key as the line editor sees it.
enum Key: Equatable {
  case text(Character)
  /// Text that was pasted, line breaks and all.
  case paste(String)
  case enter, newline, tab, backspace, delete, escape
  case left, right, up, down, home, end, wordLeft, wordRight
  /// Control with a letter: `.control("a")`.
  case control(Character)
  case meta(Character)
  case unknown
  /// Nobody is there any more.
  case closed
}

/// Makes keys of what a terminal sends (xterm's sequences, which everybody speaks).
final class KeyReader {
  /// How long the rest of a sequence may take: slow lines break sequences up.
  private static let patience: Int32 = 500

  private let source: (Int32?) -> Int?
  /// A byte that belongs to the next key.
  private var waiting: Int?

  /// - Parameter nextByte: the next byte; nil when none comes within that many milliseconds (nil: however long it takes), -1
  ///   at the end.
  init(nextByte: @escaping (Int32?) -> Int?) { source = nextByte }

  private func nextByte(_ milliseconds: Int32?) -> Int? {
    defer { waiting = nil }
    return waiting ?? source(milliseconds)
  }

  func next() -> Key {
    guard let byte = nextByte(nil), byte >= 0 else { return .closed }
    switch byte {
    case 0x0D: return .enter
    case 0x0A: return .enter
    case 0x09: return .tab
    case 0x7F, 0x08: return .backspace
    case 0x1B: return escape()
    case 0x01...0x1A: return .control(Character(Unicode.Scalar(UInt8(byte + 0x60))))
    case 0x1F: return .control("_")
    case 0x20...0x7E: return .text(Character(Unicode.Scalar(UInt8(byte))))
    case 0xC2...0xF4: return .text(character(startingWith: UInt8(byte)))
    default: return .text("\u{FFFD}")  // never the first byte of a character
    }
  }

  /// The rest of a character comes, however late.
  private func character(startingWith first: UInt8) -> Character {
    var bytes = [first]
    let count = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2
    while bytes.count < count, let next = nextByte(nil) {
      guard (0x80...0xBF).contains(next) else {
        waiting = next
        break
      }
      bytes.append(UInt8(next))
    }
    let text = String(decoding: bytes, as: UTF8.self)
    return text.unicodeScalars.count == 1 ? text.first ?? "\u{FFFD}" : "\u{FFFD}"
  }

  private func escape() -> Key {
    // Alone, the escape key; whatever belongs to a sequence follows at once.
    guard let byte = nextByte(Self.patience), byte >= 0 else { return .escape }
    switch byte {
    case UInt8(ascii: "[").asInt: return sequence()
    case UInt8(ascii: "O").asInt:
      return Self.cursorKey(nextByte(Self.patience) ?? 0, isWord: false)
    case 0x0D: return .newline
    case 0x7F: return .meta("\u{7F}")
    case 0x20...0x7E: return .meta(Character(Unicode.Scalar(UInt8(byte))))
    case 0xC2...0xF4: return .meta(character(startingWith: UInt8(byte)))
    default: return .unknown
    }
  }

  private func sequence() -> Key {
    var parameters = ""
    while let byte = nextByte(Self.patience), byte >= 0 {
      guard (0x40...0x7E).contains(byte) else {
        parameters.append(Character(Unicode.Scalar(UInt8(byte))))
        continue
      }
      let hasModifier = parameters.hasPrefix("1;") && parameters != "1;2"
      guard byte == UInt8(ascii: "~").asInt else { return Self.cursorKey(byte, isWord: hasModifier) }
      switch parameters {
      case "1", "7": return .home
      case "4", "8": return .end
      case "3": return .delete
      case "200": return paste()
      default: return .unknown
      }
    }
    return .unknown
  }

  private static func cursorKey(_ byte: Int, isWord: Bool) -> Key {
    switch byte {
    case UInt8(ascii: "A").asInt: .up
    case UInt8(ascii: "B").asInt: .down
    case UInt8(ascii: "C").asInt: isWord ? .wordRight : .right
    case UInt8(ascii: "D").asInt: isWord ? .wordLeft : .left
    case UInt8(ascii: "H").asInt: .home
    case UInt8(ascii: "F").asInt: .end
    default: .unknown
    }
  }

  private func paste() -> Key {
    let end = Array("\u{1B}[201~".utf8)
    var bytes: [UInt8] = []
    while let byte = nextByte(5000), byte >= 0 {
      bytes.append(UInt8(byte))
      if bytes.suffix(end.count).elementsEqual(end) {
        bytes.removeLast(end.count)
        break
      }
    }
    let text = String(decoding: bytes, as: UTF8.self).replacing("\r\n", with: "\n").replacing(
      "\r", with: "\n")
    // Nothing that a terminal would obey when it is drawn or run.
    return .paste(String(text.filter { $0 == "\n" || $0 == "\t" || !Self.isControl($0) }))
  }
}

extension KeyReader {
  private static func isControl(_ character: Character) -> Bool {
    character.unicodeScalars.contains { $0.properties.generalCategory == .control }
  }
}

extension UInt8 {
  fileprivate var asInt: Int { Int(self) }
}
