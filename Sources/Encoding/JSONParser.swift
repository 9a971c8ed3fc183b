/// What a reader of JSON lets pass beyond RFC 8259.
public struct JSONLeniency: OptionSet, Sendable {
  public let rawValue: Int
  public init(rawValue: Int) { self.rawValue = rawValue }

  /// `NaN`, `Infinity`, `-Infinity`, and numbers too large for a `Double`.
  public static let nonFinite = JSONLeniency(rawValue: 1)
  /// A key that appears twice keeps its place and takes the last value.
  public static let repeatedKeys = JSONLeniency(rawValue: 2)
  /// Half a surrogate pair, bytes that are not UTF-8 (each becomes U+FFFD), a byte-order mark.
  public static let brokenText = JSONLeniency(rawValue: 4)
  /// What Python's reader takes, by which notebooks and configs were written.
  public static let python: JSONLeniency = [.nonFinite, .repeatedKeys, .brokenText]
}

/// A fault in JSON text, and where it was found.
public struct JSONError: Error, Sendable, Equatable, CustomStringConvertible {
  public let message: String
  /// The byte, from 0.
  public let position: Int
  /// The line, from 1.
  public let line: Int
  public var description: String { "\(message) at byte \(position)" }
}

extension JSON {
  /// Parses UTF-8 text that holds exactly one value; throws `JSONError`.
  public init(parsing bytes: UnsafeRawBufferPointer, allowing leniency: JSONLeniency = []) throws {
    var parser = JSONParser(bytes, leniency)
    self = try parser.parseDocument()
  }

  public init(parsing bytes: [UInt8], allowing leniency: JSONLeniency = []) throws {
    self = try bytes.withUnsafeBytes { try JSON(parsing: $0, allowing: leniency) }
  }

  public init(parsing text: String, allowing leniency: JSONLeniency = []) throws {
    var text = text
    self = try text.withUTF8 { try JSON(parsing: UnsafeRawBufferPointer($0), allowing: leniency) }
  }

  /// Reads one value from the front of `bytes` and takes it off.
  public init(takingFrom bytes: inout [UInt8], allowing leniency: JSONLeniency = []) throws {
    let (value, end) = try bytes.withUnsafeBytes { bytes in
      var parser = JSONParser(bytes, leniency)
      return (try parser.parseValue(), parser.position)
    }
    self = value
    bytes.removeFirst(end)
  }
}

/// Reads one value; nesting of at most 256.
struct JSONParser {
  private let bytes: UnsafeBufferPointer<UInt8>
  private(set) var position = 0
  private var depth = 0
  private let leniency: JSONLeniency

  init(_ bytes: UnsafeRawBufferPointer, _ leniency: JSONLeniency) {
    self.bytes = bytes.assumingMemoryBound(to: UInt8.self)
    self.leniency = leniency
  }

  mutating func parseDocument() throws -> JSON {
    if leniency.contains(.brokenText), bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    let value = try parseValue()
    skipSpace()
    guard position == bytes.count else { throw fault("unexpected text after the value") }
    return value
  }

  private func fault(_ message: String) -> JSONError {
    let line = bytes[..<min(position, bytes.count)].reduce(1) { $1 == 0x0A ? $0 + 1 : $0 }
    return JSONError(message: message, position: position, line: line)
  }

  private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let byte = current, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 { position += 1 }
  }

  private mutating func take(_ character: Character) -> Bool {
    guard current == character.asciiValue else { return false }
    position += 1
    return true
  }

  mutating func parseValue() throws -> JSON {
    skipSpace()
    guard let byte = current else { throw fault("unexpected end") }
    switch byte {
    case UInt8(ascii: "{"): return try nested { try $0.parseObject() }
    case UInt8(ascii: "["): return try nested { try $0.parseArray() }
    case UInt8(ascii: "\""): return .string(try parseString())
    case UInt8(ascii: "t"): return try literal("true", .bool(true))
    case UInt8(ascii: "f"): return try literal("false", .bool(false))
    case UInt8(ascii: "n"): return try literal("null", .null)
    case UInt8(ascii: "N") where leniency.contains(.nonFinite): return try nonFinite("NaN")
    case UInt8(ascii: "I") where leniency.contains(.nonFinite): return try nonFinite("Infinity")
    default: return .number(try parseNumber())
    }
  }

  private mutating func nested(_ parse: (inout JSONParser) throws -> JSON) throws -> JSON {
    guard depth < 256 else { throw fault("nested too deeply") }
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

  private mutating func nonFinite(_ text: StaticString) throws -> JSON {
    try literal(text, .number(JSON.Number(literal: "\(text)")))
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
      if !object.append(key, value) {
        guard leniency.contains(.repeatedKeys) else { throw fault("key \"\(key)\" appears twice") }
        object[key] = value
      }
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

  private mutating func parseNumber() throws -> JSON.Number {
    let start = position
    let isNegative = take("-")
    if isNegative, leniency.contains(.nonFinite), current == UInt8(ascii: "I") {
      _ = try nonFinite("Infinity")
      return JSON.Number(literal: "-Infinity")
    }
    let whole = skipDigits()
    guard whole > 0, whole == 1 || bytes[position - whole] != 0x30 else {
      throw fault("unexpected character")
    }
    if take("."), skipDigits() == 0 { throw fault("expected a digit") }
    var hasExponent = false
    if take("e") || take("E") {
      hasExponent = true
      if !take("+") { _ = take("-") }
      guard skipDigits() > 0 else { throw fault("expected a digit") }
    }
    let number = JSON.Number(literal: String(decoding: bytes[start..<position], as: UTF8.self))
    if hasExponent || whole > 300, !leniency.contains(.nonFinite), !number.double.isFinite {
      throw fault("number out of range")
    }
    return number
  }

  private mutating func skipDigits() -> Int {
    let first = position
    while let byte = current, byte >= 0x30, byte <= 0x39 { position += 1 }
    return position - first
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
    if let text = String(validating: slice, as: UTF8.self) { return text }
    guard leniency.contains(.brokenText) else { throw fault("invalid UTF-8 in a string") }
    return String(decoding: slice, as: UTF8.self)
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
    case UInt8(ascii: "u"): return try parseUnicodeEscape()
    default: throw fault("unknown escape")
    }
  }

  private mutating func parseUnicodeEscape() throws -> Unicode.Scalar {
    let unit = try parseHex()
    if let scalar = Unicode.Scalar(unit) { return scalar }
    let start = position
    if unit & 0xfc00 == 0xd800, take("\\"), take("u"), case let low = try parseHex(), low & 0xfc00 == 0xdc00,
      let scalar = Unicode.Scalar(0x10000 + ((unit & 0x3ff) << 10) + (low & 0x3ff))
    {
      return scalar
    }
    guard leniency.contains(.brokenText) else { throw fault("unpaired surrogate") }
    position = start
    return "\u{FFFD}"
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
