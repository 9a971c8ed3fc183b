import LuaSyntax

/// Lua source that is a value by itself: a number, a string, a truth value, nil, or a table of such. Nothing in it is
/// looked up or called.
struct LuaLiteral {
  enum Kind: String {
    case number, text, table
    case truth = "truth value"
    case nothing = "nil"
  }

  /// What kind of value the source is, all of it; nil for anything else.
  static func kind(of source: String) -> Kind? {
    let bytes = Array(source.utf8)
    let tokens = LuaLexer.tokens(of: bytes)
    // Around the value nothing may stand: ` 7` is text.
    guard let first = tokens.first, let last = tokens.last, first.range.lowerBound == 0,
      last.range.upperBound == bytes.count
    else { return nil }
    var literal = LuaLiteral(bytes: bytes, tokens: tokens)
    let kind = literal.value(depth: 0)
    return literal.index == tokens.count ? kind : nil
  }

  private let bytes: [UInt8]
  private let tokens: [LuaToken]
  private var index = 0

  private init(bytes: [UInt8], tokens: [LuaToken]) {
    (self.bytes, self.tokens) = (bytes, tokens)
  }

  private var text: String {
    index < tokens.count ? String(decoding: bytes[tokens[index].range], as: UTF8.self) : ""
  }

  private mutating func take(_ symbol: String) -> Bool {
    guard text == symbol, tokens[index].kind == .symbol else { return false }
    index += 1
    return true
  }

  private mutating func value(depth: Int) -> Kind? {
    guard index < tokens.count, depth < 100 else { return nil }
    let isNegative = take("-")
    guard index < tokens.count else { return nil }
    let (token, text) = (tokens[index], text)
    if token.kind == .number {
      index += 1
      return Self.isNumber(text) ? .number : nil
    }
    guard !isNegative else { return nil }
    if token.kind == .string {
      index += 1
      return Self.isString(Array(bytes[token.range])) ? .text : nil
    }
    if ["true", "false", "nil"].contains(text) {
      index += 1
      return text == "nil" ? .nothing : .truth
    }
    return take("{") && fields(depth: depth + 1) ? .table : nil
  }

  /// `1, name = 2, ["key"] = 3 }`
  private mutating func fields(depth: Int) -> Bool {
    while !take("}") {
      if take("[") {
        guard let key = value(depth: depth), key != .nothing, take("]"), take("=") else { return false }
      } else if index < tokens.count, tokens[index].kind == .name, !["true", "false", "nil"].contains(text) {
        index += 1
        guard take("=") else { return false }
      }
      guard value(depth: depth) != nil else { return false }
      guard take(",") || take(";") || text == "}" else { return false }
    }
    return true
  }

  /// A numeral as Lua reads it: `7`, `.5`, `1e-3`, `0xA.8p1`; not `64x64`, which a lexer takes for one too.
  static func isNumber(_ text: String) -> Bool {
    var rest = Substring(text.lowercased())
    let isHexadecimal = rest.hasPrefix("0x")
    if isHexadecimal { rest = rest.dropFirst(2) }
    func digits() -> Int {
      let found = rest.prefix { isHexadecimal ? $0.isHexDigit : $0.isASCII && $0.isNumber }
      rest = rest.dropFirst(found.count)
      return found.count
    }
    var count = digits()
    if rest.first == "." {
      rest = rest.dropFirst()
      count += digits()
    }
    guard count > 0, text.utf8.allSatisfy({ $0 < 0x80 }) else { return false }
    guard rest.first == (isHexadecimal ? "p" : "e") else { return rest.isEmpty }
    rest = rest.dropFirst()
    if rest.first == "+" || rest.first == "-" { rest = rest.dropFirst() }
    let exponent = rest.prefix { $0.isASCII && $0.isNumber }
    return !exponent.isEmpty && exponent.count == rest.count
  }

  /// Whether a string is closed, and its escapes are Lua's.
  private static func isString(_ bytes: [UInt8]) -> Bool {
    let quote = bytes[0]
    if quote == UInt8(ascii: "[") {
      let marks = bytes.dropFirst().prefix { $0 == UInt8(ascii: "=") }.count
      let end = [UInt8(ascii: "]")] + Array(repeating: UInt8(ascii: "="), count: marks) + [UInt8(ascii: "]")]
      return bytes.count >= 2 * end.count && bytes.suffix(end.count).elementsEqual(end)
    }
    var rest = bytes.dropFirst()
    while let byte = rest.popFirst() {
      if byte == quote { return rest.isEmpty }
      if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") { return false }
      if byte == UInt8(ascii: "\\"), !takeEscape(&rest) { return false }
    }
    return false
  }

  /// What stands after a backslash.
  private static func takeEscape(_ rest: inout ArraySlice<UInt8>) -> Bool {
    func isHexadecimal(_ byte: UInt8) -> Bool { Character(UnicodeScalar(byte)).isHexDigit }
    func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
    guard let byte = rest.popFirst() else { return false }
    if isDigit(byte) {
      let digits = [byte] + rest.prefix(2).prefix(while: isDigit)
      rest = rest.dropFirst(digits.count - 1)
      return Int(String(decoding: digits, as: UTF8.self)) ?? 256 < 256
    }
    switch Character(UnicodeScalar(byte)) {
    case "x":
      let digits = rest.prefix(2)
      rest = rest.dropFirst(2)
      return digits.count == 2 && digits.allSatisfy(isHexadecimal)
    case "u":
      guard rest.popFirst() == UInt8(ascii: "{") else { return false }
      let digits = rest.prefix(while: isHexadecimal)
      rest = rest.dropFirst(digits.count)
      guard let value = UInt64(String(decoding: digits, as: UTF8.self), radix: 16), value < 1 << 31 else {
        return false
      }
      return rest.popFirst() == UInt8(ascii: "}")
    case "z":
      rest = rest.drop { [0x20, 0x09, 0x0A, 0x0B, 0x0C, 0x0D].contains($0) }
      return true
    case let letter: return "abfnrtv\\\"'\n\r".contains(letter)
    }
  }
}
