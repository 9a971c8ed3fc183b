/// A strict reader of RFC 8259: one value, no duplicate keys, no trailing text, nesting of at most 64. Numbers that
/// are not finite only on request.
struct JSONParser {
  private let bytes: UnsafeBufferPointer<UInt8>
  private var position = 0
  private var depth = 0
  private let allowsNonFinite: Bool

  init(_ bytes: UnsafeRawBufferPointer, allowsNonFinite: Bool) {
    self.bytes = bytes.assumingMemoryBound(to: UInt8.self)
    self.allowsNonFinite = allowsNonFinite
  }

  mutating func parseDocument() throws -> JSON {
    let value = try parseValue()
    skipSpace()
    guard position == bytes.count else { throw fault("unexpected text after the value") }
    return value
  }

  private func fault(_ message: String) -> JSONError { JSONError(message: message, position: position) }

  private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let byte = current, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 { position += 1 }
  }

  private mutating func take(_ character: Character) -> Bool {
    guard current == character.asciiValue else { return false }
    position += 1
    return true
  }

  private mutating func parseValue() throws -> JSON {
    skipSpace()
    guard let byte = current else { throw fault("unexpected end") }
    switch byte {
    case UInt8(ascii: "{"): return try nested { try $0.parseObject() }
    case UInt8(ascii: "["): return try nested { try $0.parseArray() }
    case UInt8(ascii: "\""): return .string(try parseString())
    case UInt8(ascii: "t"): return try literal("true", .bool(true))
    case UInt8(ascii: "f"): return try literal("false", .bool(false))
    case UInt8(ascii: "n"): return try literal("null", .null)
    case UInt8(ascii: "N") where allowsNonFinite: return try literal("NaN", .number(.nan))
    case UInt8(ascii: "I") where allowsNonFinite: return try literal("Infinity", .number(.infinity))
    default: return .number(try parseNumber())
    }
  }

  private mutating func nested(_ parse: (inout JSONParser) throws -> JSON) throws -> JSON {
    guard depth < 64 else { throw fault("nested too deeply") }
    depth += 1
    defer { depth -= 1 }
    position += 1
    return try parse(&self)
  }

  private mutating func literal(_ text: StaticString, _ value: JSON) throws -> JSON {
    let count = text.utf8CodeUnitCount
    guard position + count <= bytes.count,
      (0..<count).allSatisfy({ bytes[position + $0] == text.utf8Start[$0] })
    else { throw fault("unexpected character") }
    position += count
    return value
  }

  private mutating func parseObject() throws -> JSON {
    var object = JSON.Object()
    skipSpace()
    if take("}") { return .object(object) }
    while true {
      skipSpace()
      guard current == UInt8(ascii: "\"") else { throw fault("expected a key") }
      let key = try parseString()
      skipSpace()
      guard take(":") else { throw fault("expected ':'") }
      let value = try parseValue()
      guard object.append(key, value) else { throw fault("key \"\(key)\" appears twice") }
      skipSpace()
      if take("}") { return .object(object) }
      guard take(",") else { throw fault("expected ',' or '}'") }
    }
  }

  private mutating func parseArray() throws -> JSON {
    var values: [JSON] = []
    skipSpace()
    if take("]") { return .array(values) }
    while true {
      values.append(try parseValue())
      skipSpace()
      if take("]") { return .array(values) }
      guard take(",") else { throw fault("expected ',' or ']'") }
    }
  }

  private mutating func parseNumber() throws -> Double {
    let start = position
    func digits(_ parser: inout JSONParser) -> Int {
      let first = parser.position
      while let byte = parser.current, byte >= 0x30, byte <= 0x39 { parser.position += 1 }
      return parser.position - first
    }
    let isNegative = take("-")
    if allowsNonFinite, isNegative, current == UInt8(ascii: "I") {
      _ = try literal("Infinity", .null)
      return -.infinity
    }
    let whole = digits(&self)
    guard whole > 0, whole == 1 || bytes[position - whole] != 0x30 else {
      throw fault("unexpected character")
    }
    var isWhole = true
    if take(".") {
      isWhole = false
      guard digits(&self) > 0 else { throw fault("expected a digit") }
    }
    if take("e") || take("E") {
      isWhole = false
      if !take("+") { _ = take("-") }
      guard digits(&self) > 0 else { throw fault("expected a digit") }
    }
    if isWhole, whole <= 15 {  // the usual case, without going through text
      var value = 0
      for index in (position - whole)..<position { value = value * 10 + Int(bytes[index] - 0x30) }
      return isNegative ? -Double(value) : Double(value)
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    guard let value = Double(text), value.isFinite else { throw fault("number out of range") }
    return value
  }

  private mutating func parseString() throws -> String {
    position += 1
    let start = position
    while let byte = current, byte != UInt8(ascii: "\"") {
      if byte == UInt8(ascii: "\\") { return try parseEscapedString(from: start) }
      guard byte >= 0x20 else { throw fault("control character in a string") }
      position += 1
    }
    guard current != nil else { throw fault("unterminated string") }
    let text = try text(of: bytes[start..<position])
    position += 1
    return text
  }

  private func text(of slice: Slice<UnsafeBufferPointer<UInt8>>) throws -> String {
    guard let text = String(validating: slice, as: UTF8.self) else {
      throw fault("invalid UTF-8 in a string")
    }
    return text
  }

  private mutating func parseEscapedString(from start: Int) throws -> String {
    var text = try text(of: bytes[start..<position])
    while true {
      guard let byte = current else { throw fault("unterminated string") }
      position += 1
      if byte == UInt8(ascii: "\"") { return text }
      if byte == UInt8(ascii: "\\") {
        text.unicodeScalars.append(try parseEscape())
        continue
      }
      let first = position - 1
      while let next = current, next != UInt8(ascii: "\""), next != UInt8(ascii: "\\") { position += 1 }
      guard !bytes[first..<position].contains(where: { $0 < 0x20 }) else {
        throw fault("control character in a string")
      }
      text += try self.text(of: bytes[first..<position])
    }
  }

  private mutating func parseEscape() throws -> Unicode.Scalar {
    guard let byte = current else { throw fault("unterminated string") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""): return "\""
    case UInt8(ascii: "\\"): return "\\"
    case UInt8(ascii: "/"): return "/"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{c}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"):
      let unit = try parseHex()
      if unit & 0xfc00 == 0xd800 {  // a surrogate pair
        guard take("\\"), take("u") else { throw fault("unpaired surrogate") }
        let low = try parseHex()
        guard low & 0xfc00 == 0xdc00,
          let scalar = Unicode.Scalar(0x10000 + ((unit & 0x3ff) << 10) + (low & 0x3ff))
        else { throw fault("unpaired surrogate") }
        return scalar
      }
      guard let scalar = Unicode.Scalar(unit) else { throw fault("unpaired surrogate") }
      return scalar
    default: throw fault("unknown escape")
    }
  }

  private mutating func parseHex() throws -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = current, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw fault("expected four hexadecimal digits")
      }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    return value
  }
}
