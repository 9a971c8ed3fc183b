extension JSON {
  /// Reads one JSON value (RFC 8259) that fills the whole text.
  public init(parsing text: String) throws { try self.init(parsing: Array(text.utf8)) }

  public init(parsing bytes: [UInt8]) throws {
    var parser = JSONParser(bytes: bytes)
    self = try parser.document()
  }

  /// Reads one value from the front of `bytes` and takes it off.
  init(takingFrom bytes: inout [UInt8]) throws {
    var parser = JSONParser(bytes: bytes)
    self = try parser.value()
    bytes.removeFirst(parser.position)
  }
}

private struct JSONParser {
  let bytes: [UInt8]
  var position = 0
  var depth = 0

  /// Deeper nesting than any notebook has; keeps a hostile file from exhausting the stack.
  static let maximumDepth = 256

  init(bytes: [UInt8]) { self.bytes = bytes }

  mutating func document() throws -> JSON {
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    let value = try value()
    skipSpace()
    guard position == bytes.count else { throw error("unexpected text after the value") }
    return value
  }

  mutating func value() throws -> JSON {
    skipSpace()
    switch peek {
    case UInt8(ascii: "{"): return try nested { try $0.object() }
    case UInt8(ascii: "["): return try nested { try $0.array() }
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case let byte? where byte == UInt8(ascii: "-") || (0x30...0x39).contains(byte):
      return .number(try number())
    case nil: throw error("unexpected end")
    default: throw error("unexpected character")
    }
  }

  private mutating func nested(_ body: (inout Self) throws -> JSON) throws -> JSON {
    guard depth < Self.maximumDepth else { throw error("nested too deeply") }
    depth += 1
    defer { depth -= 1 }
    return try body(&self)
  }

  private mutating func object() throws -> JSON {
    position += 1
    var members: [(key: String, value: JSON)] = []
    var indices: [String: Int] = [:]
    skipSpace()
    if take("}") { return .object(Object(uniqueMembers: members)) }
    while true {
      skipSpace()
      guard peek == UInt8(ascii: "\"") else { throw error("member name expected") }
      let key = try string()
      skipSpace()
      guard take(":") else { throw error("':' expected") }
      let value = try value()
      // A repeated name keeps its place and takes the last value, as Python's reader does.
      if let index = indices[key] {
        members[index].value = value
      } else {
        indices[key] = members.count
        members.append((key, value))
      }
      skipSpace()
      if take("}") { return .object(Object(uniqueMembers: members)) }
      guard take(",") else { throw error("',' or '}' expected") }
    }
  }

  private typealias Object = JSON.Object

  private mutating func array() throws -> JSON {
    position += 1
    var elements: [JSON] = []
    skipSpace()
    if take("]") { return .array(elements) }
    while true {
      elements.append(try value())
      skipSpace()
      if take("]") { return .array(elements) }
      guard take(",") else { throw error("',' or ']' expected") }
    }
  }

  private mutating func string() throws -> String {
    position += 1
    var result: [UInt8] = []
    while let byte = peek {
      position += 1
      switch byte {
      case UInt8(ascii: "\""): return String(decoding: result, as: UTF8.self)
      case UInt8(ascii: "\\"): try escape(into: &result)
      case 0..<0x20: throw error("control character in a string")
      default: result.append(byte)
      }
    }
    throw error("unfinished string")
  }

  private mutating func escape(into result: inout [UInt8]) throws {
    guard let byte = peek else { throw error("unfinished string") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): result.append(byte)
    case UInt8(ascii: "b"): result.append(8)
    case UInt8(ascii: "f"): result.append(12)
    case UInt8(ascii: "n"): result.append(10)
    case UInt8(ascii: "r"): result.append(13)
    case UInt8(ascii: "t"): result.append(9)
    case UInt8(ascii: "u"): result.append(contentsOf: Array(String(try unicodeEscape()).utf8))
    default: throw error("unknown escape")
    }
  }

  private mutating func unicodeEscape() throws -> Character {
    let high = try hexadecimal()
    var scalar = high
    if (0xD800..<0xDC00).contains(high), peek == UInt8(ascii: "\\"),
      bytes[safe: position + 1] == UInt8(ascii: "u")
    {
      let start = position
      position += 2
      let low = try hexadecimal()
      if (0xDC00..<0xE000).contains(low) {
        scalar = 0x10000 + (high - 0xD800) << 10 + (low - 0xDC00)
      } else {
        position = start
      }
    }
    return Character(Unicode.Scalar(scalar) ?? "\u{FFFD}")
  }

  private mutating func hexadecimal() throws -> UInt32 {
    guard position + 4 <= bytes.count else { throw error("unfinished escape") }
    let digits = String(decoding: bytes[position..<position + 4], as: UTF8.self)
    guard digits.utf8.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") }),
      let value = UInt32(digits, radix: 16)
    else { throw error("four hexadecimal digits expected") }
    position += 4
    return value
  }

  private mutating func number() throws -> String {
    let start = position
    _ = take("-")
    if !take("0") { try digits() }
    if take(".") { try digits() }
    if take("e") || take("E") {
      if !take("+") { _ = take("-") }
      try digits()
    }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  private mutating func digits() throws {
    let start = position
    while let byte = peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
    guard position > start else { throw error("digit expected") }
  }

  private mutating func word(_ text: String, _ value: JSON) throws -> JSON {
    guard bytes[position...].starts(with: text.utf8) else { throw error("unexpected character") }
    position += text.utf8.count
    return value
  }

  private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard peek == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func skipSpace() {
    while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
  }

  private func error(_ what: String) -> NotebookError {
    let line = bytes[..<min(position, bytes.count)].reduce(1) { $1 == 0x0A ? $0 + 1 : $0 }
    return NotebookError("JSON: \(what) (line \(line))")
  }
}

extension Array {
  subscript(safe index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}
