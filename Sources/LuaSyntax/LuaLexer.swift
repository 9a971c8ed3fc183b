/// A piece of Lua text; together the tokens of a text cover all of it but white space.
public struct LuaToken: Sendable, Equatable {
  public enum Kind: Sendable { case keyword, constant, name, number, string, comment, symbol }
  public let kind: Kind
  /// Offsets into the text's UTF-8.
  public let range: Range<Int>
}

/// Splits Lua 5.4 text into tokens. It never fails: what is unfinished reaches to the end of the line or text,
/// so that half-written code can be coloured too.
public struct LuaLexer {
  private let bytes: [UInt8]
  private var position: Int

  private static let keywords: Set<String> = [
    "and", "break", "do", "else", "elseif", "end", "for", "function", "goto", "if", "in", "local", "not",
    "or",
    "repeat", "return", "then", "until", "while",
  ]
  private static let constants: Set<String> = ["nil", "true", "false", "self", "_G", "_ENV"]

  /// Lua's keywords, with the constants among them.
  public static var reservedWords: [String] { keywords + ["nil", "true", "false"] }

  public static func tokens(of text: String) -> [LuaToken] { tokens(of: Array(text.utf8)) }

  /// `start` skips a first line that Lua itself skips.
  public static func tokens(of bytes: [UInt8], from start: Int = 0) -> [LuaToken] {
    var lexer = LuaLexer(bytes: bytes, position: start)
    var tokens: [LuaToken] = []
    while let token = lexer.next() { tokens.append(token) }
    return tokens
  }

  private mutating func next() -> LuaToken? {
    while let byte = peek(), byte == 0x20 || (0x09...0x0D).contains(byte) { position += 1 }
    guard let byte = peek() else { return nil }
    let start = position
    let kind = scan(byte)
    return LuaToken(kind: kind, range: start..<position)
  }

  private mutating func scan(_ byte: UInt8) -> LuaToken.Kind {
    switch byte {
    case UInt8(ascii: "-") where peek(1) == UInt8(ascii: "-"):
      position += 2
      if !longBracket() { skip { $0 != 0x0A } }
      return .comment
    case UInt8(ascii: "["):
      if longBracket() { return .string }
      position += 1
      return .symbol
    case UInt8(ascii: "\""), UInt8(ascii: "'"):
      quoted(byte)
      return .string
    case UInt8(ascii: "0")...UInt8(ascii: "9"):
      number()
      return .number
    case UInt8(ascii: ".") where peek(1).map(Self.isDigit) == true:
      number()
      return .number
    case _ where Self.isNameByte(byte):
      let start = position
      skip(while: Self.isNameByte)
      let name = String(decoding: bytes[start..<position], as: UTF8.self)
      return Self.keywords.contains(name) ? .keyword : Self.constants.contains(name) ? .constant : .name
    default:
      position += 1
      return .symbol
    }
  }

  /// `[[ … ]]`, `[==[ … ]==]`; leaves the position alone if there is none here.
  private mutating func longBracket() -> Bool {
    guard peek() == UInt8(ascii: "[") else { return false }
    var level = 0
    while peek(1 + level) == UInt8(ascii: "=") { level += 1 }
    guard peek(1 + level) == UInt8(ascii: "[") else { return false }
    position += level + 2
    while let byte = peek() {
      if byte == UInt8(ascii: "]"), (0..<level).allSatisfy({ peek(1 + $0) == UInt8(ascii: "=") }),
        peek(1 + level) == UInt8(ascii: "]")
      {
        position += level + 2
        return true
      }
      position += 1
    }
    return true
  }

  private mutating func quoted(_ quote: UInt8) {
    position += 1
    while let byte = peek(), byte != 0x0A {
      if byte == UInt8(ascii: "\\") {
        if peek(1) == UInt8(ascii: "z") {
          position += 2
          skip { $0 == 0x20 || (0x09...0x0D).contains($0) }
        } else {
          position = min(position + 2, bytes.count)
        }
        continue
      }
      position += 1
      if byte == quote { return }
    }
  }

  private mutating func number() {
    let isHexadecimal = peek() == UInt8(ascii: "0") && peek(1).map { $0 | 0x20 } == UInt8(ascii: "x")
    let exponent = UInt8(ascii: isHexadecimal ? "p" : "e")
    while let byte = peek() {
      if byte | 0x20 == exponent, let sign = peek(1), sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") {
        position += 2
      } else if Self.isNameByte(byte) {
        position += 1
      } else if byte == UInt8(ascii: "."), peek(1) != UInt8(ascii: ".") {
        position += 1
      } else {
        return
      }
    }
  }

  private mutating func skip(while condition: (UInt8) -> Bool) {
    while let byte = peek(), condition(byte) { position += 1 }
  }

  private func peek(_ ahead: Int = 0) -> UInt8? {
    position + ahead < bytes.count ? bytes[position + ahead] : nil
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    isDigit(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x5F
      || byte >= 0x80
  }
}
