import Encoding

/// Reads values as Python writes them: `'a'`, `[1, 2,]`, `(1, 2)`, `True`, `None`, `.5`, `0x1F`, as far as JSON has them too.
struct PythonLiteral {
  private let bytes: ArraySlice<UInt8>
  private var position: Int
  private var depth = 0
  private static let mostDepth = 100

  private struct NotALiteral: Error {}

  /// The value of all of `bytes`; nil for anything else, calls and sets among it.
  static func value(of bytes: ArraySlice<UInt8>) -> JSON? {
    var reader = PythonLiteral(bytes: bytes, position: bytes.startIndex)
    return try? reader.document()
  }

  private mutating func document() throws -> JSON {
    skipSpace()
    let first = try value()
    skipSpace()
    guard peek() == UInt8(ascii: ",") else {
      try end()
      return first
    }
    var values = [first]  // a tuple needs no brackets
    while take(",") {
      skipSpace()
      if isAtEnd { break }
      values.append(try value())
      skipSpace()
    }
    try end()
    return .array(values)
  }

  private func end() throws { guard isAtEnd else { throw NotALiteral() } }

  /// At the end, or before a remark.
  private var isAtEnd: Bool { peek() == nil || peek() == UInt8(ascii: "#") }

  private func peek(_ ahead: Int = 0) -> UInt8? {
    position + ahead < bytes.endIndex ? bytes[position + ahead] : nil
  }

  private mutating func take(_ character: Character) -> Bool {
    guard peek() == character.asciiValue else { return false }
    position += 1
    return true
  }

  private mutating func skipSpace() {
    while let byte = peek(), byte == 0x20 || byte == 0x09 || byte == 0x0C { position += 1 }
  }

  private mutating func value() throws -> JSON {
    guard depth < Self.mostDepth, let byte = peek() else { throw NotALiteral() }
    depth += 1
    defer { depth -= 1 }
    switch byte {
    case UInt8(ascii: "["): return .array(try elements(until: "]").values)
    case UInt8(ascii: "("):
      let (values, isTuple) = try elements(until: ")")
      return isTuple || values.isEmpty ? .array(values) : values[0]
    case UInt8(ascii: "{"): return try dictionary()
    case UInt8(ascii: "\""), UInt8(ascii: "'"): return .string(try strings())
    case UInt8(ascii: "+"), UInt8(ascii: "-"):
      position += 1
      skipSpace()
      return try number(isNegative: byte == UInt8(ascii: "-"))
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."): return try number(isNegative: false)
    default: return try word()
    }
  }

  private mutating func elements(until close: Character) throws -> (values: [JSON], hasComma: Bool) {
    position += 1
    var values: [JSON] = []
    var hasComma = false
    skipSpace()
    while !take(close) {
      values.append(try value())
      skipSpace()
      if take(",") {
        hasComma = true
        skipSpace()
      } else if peek() != close.asciiValue {
        throw NotALiteral()
      }
    }
    return (values, hasComma)
  }

  private mutating func dictionary() throws -> JSON {
    position += 1
    var object = JSON.Object()
    skipSpace()
    while !take("}") {
      let key = try key()
      skipSpace()
      guard take(":") else { throw NotALiteral() }
      skipSpace()
      object[key] = try value()
      skipSpace()
      if take(",") {
        skipSpace()
      } else if peek() != UInt8(ascii: "}") {
        throw NotALiteral()
      }
    }
    return .object(object)
  }

  /// A key as Python's JSON has it: `1` as `"1"`, `None` as `"null"`.
  private mutating func key() throws -> String {
    switch try value() {
    case .string(let text): return text
    case .number(let number): return number.literal
    case .bool(let value): return value ? "true" : "false"
    case .null: return "null"
    case .array, .object: throw NotALiteral()
    }
  }

  // MARK: Words and numbers

  private mutating func word() throws -> JSON {
    if let prefix = peek(), "rRuU".utf8.contains(prefix), let quote = peek(1), "\"'".utf8.contains(quote) {
      return .string(try strings())
    }
    let start = position
    while let byte = peek(), (0x61...0x7A).contains(byte | 0x20) { position += 1 }
    switch String(decoding: bytes[start..<position], as: UTF8.self) {
    case "None": return .null
    case "True": return true
    case "False": return false
    default: throw NotALiteral()
    }
  }

  private mutating func number(isNegative: Bool) throws -> JSON {
    let start = position
    while let byte = peek(),
      Self.isDigit(byte) || (0x61...0x7A).contains(byte | 0x20) || byte == UInt8(ascii: "_")
        || byte == UInt8(ascii: ".")
        || Self.isSign(byte) && position > start && bytes[position - 1] | 0x20 == 0x65
          && !Self.isHexadecimal(bytes[start..<position])
    { position += 1 }
    let text = bytes[start..<position]
    guard let literal = Self.literal(text) else { throw NotALiteral() }
    guard let value = try? JSON(parsing: (isNegative ? "-" : "") + literal, allowing: .python) else {
      throw NotALiteral()
    }
    // Python's whole numbers know no -0.
    return isNegative && value == 0 && !literal.contains(".") && !literal.contains("e") ? 0 : value
  }

  private static func isHexadecimal(_ text: ArraySlice<UInt8>) -> Bool {
    text.count > 1 && text[text.startIndex + 1] | 0x20 == UInt8(ascii: "x")
  }

  /// The number as JSON writes it.
  private static func literal(_ text: ArraySlice<UInt8>) -> String? {
    // A single underscore may stand between two digits.
    for index in text.indices where text[index] == UInt8(ascii: "_") {
      guard index > text.startIndex, index + 1 < text.endIndex else { return nil }
      let (before, after) = (text[index - 1], text[index + 1])
      let isBetween =
        isHexadecimal(text) || isDigit(before) || before | 0x20 == UInt8(ascii: "b")
        || before | 0x20 == UInt8(ascii: "o")
      guard isBetween, after != UInt8(ascii: "_"), after != UInt8(ascii: ".") else { return nil }
    }
    let digits = String(decoding: text.filter { $0 != UInt8(ascii: "_") }, as: UTF8.self).lowercased()
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] where digits.hasPrefix(prefix) {
      return UInt64(digits.dropFirst(2), radix: radix).map { String($0) }
    }
    let parts = digits.split(separator: "e", maxSplits: 1, omittingEmptySubsequences: false)
    let halves = parts[0].split(separator: ".", omittingEmptySubsequences: false)
    guard halves.count <= 2, halves.contains(where: { !$0.isEmpty }),
      halves.allSatisfy({ $0.utf8.allSatisfy(isDigit) })
    else { return nil }
    let isWhole = halves.count == 1 && parts.count == 1
    var whole = halves[0].drop { $0 == "0" }
    if isWhole, whole.count < halves[0].count, !whole.isEmpty { return nil }  // 01 is no number in Python
    if whole.isEmpty { whole = "0" }
    var literal = String(whole)
    if halves.count == 2 { literal += "." + (halves[1].isEmpty ? "0" : halves[1]) }
    if parts.count == 2 { literal += "e" + parts[1] }
    return literal
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
  private static func isSign(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") }

  // MARK: Strings

  /// A string, and those right after it, which Python joins.
  private mutating func strings() throws -> String {
    var text = ""
    while let byte = peek() {
      let isRaw = byte | 0x20 == UInt8(ascii: "r")
      if isRaw || byte | 0x20 == UInt8(ascii: "u") {
        guard let quote = peek(1), "\"'".utf8.contains(quote) else { throw NotALiteral() }
        position += 1
      } else if byte != UInt8(ascii: "\""), byte != UInt8(ascii: "'") {
        break
      }
      text += try string(isRaw: isRaw)
      skipSpace()
    }
    return text
  }

  private mutating func string(isRaw: Bool) throws -> String {
    guard let quote = peek() else { throw NotALiteral() }
    let isTriple = peek(1) == quote && peek(2) == quote
    position += isTriple ? 3 : 1
    var text: [UInt8] = []
    while let byte = peek() {
      if byte == quote, !isTriple || peek(1) == quote && peek(2) == quote {
        position += isTriple ? 3 : 1
        return String(decoding: text, as: UTF8.self)
      }
      position += 1
      guard byte == UInt8(ascii: "\\") else {
        text.append(byte)
        continue
      }
      guard let next = peek() else { break }
      position += 1
      if isRaw { text += [byte, next] } else { text += try escape(next) }
    }
    throw NotALiteral()
  }

  private mutating func escape(_ byte: UInt8) throws -> [UInt8] {
    switch byte {
    case UInt8(ascii: "\\"), UInt8(ascii: "'"), UInt8(ascii: "\""): return [byte]
    case UInt8(ascii: "a"): return [0x07]
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "f"): return [0x0C]
    case UInt8(ascii: "n"): return [0x0A]
    case UInt8(ascii: "r"): return [0x0D]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "v"): return [0x0B]
    case UInt8(ascii: "x"): return try scalar(digits: 2)
    case UInt8(ascii: "u"): return try scalar(digits: 4)
    case UInt8(ascii: "U"): return try scalar(digits: 8)
    case UInt8(ascii: "N"): throw NotALiteral()  // by its name: nobody writes metadata so
    case UInt8(ascii: "0")...UInt8(ascii: "7"):
      var value = UInt32(byte - 0x30)
      var count = 1
      while count < 3, let next = peek(), (0x30...0x37).contains(next) {
        value = value * 8 + UInt32(next - 0x30)
        position += 1
        count += 1
      }
      return Self.utf8(value)
    default: return [UInt8(ascii: "\\"), byte]
    }
  }

  private mutating func scalar(digits: Int) throws -> [UInt8] {
    var value: UInt32 = 0
    for _ in 0..<digits {
      guard let byte = peek(), let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw NotALiteral()
      }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    guard value <= 0x10FFFF else { throw NotALiteral() }
    return Self.utf8(value)
  }

  private static func utf8(_ value: UInt32) -> [UInt8] {
    Array(String(Character(Unicode.Scalar(value) ?? "\u{FFFD}")).utf8)
  }
}
