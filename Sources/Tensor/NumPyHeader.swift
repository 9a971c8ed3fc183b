/// What stands before the numbers of a .npy file: a Python dictionary, read as NumPy reads it.
struct NumPyHeader {
  static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

  let element: NumPyElement
  let isFortranOrder: Bool
  let shape: [Int]
  /// Where the numbers begin.
  let length: Int

  /// - Throws: for bytes that are no .npy file, a dictionary without exactly the three keys, and types without a number.
  init(_ bytes: [UInt8]) throws {
    guard bytes.count >= 12, Array(bytes[..<6]) == Self.magic else { throw TensorError("not a NumPy file") }
    let (major, minor) = (bytes[6], bytes[7])
    guard (1...3).contains(major), minor == 0 else {
      throw TensorError("a NumPy file of format \(major).\(minor), 1.0 to 3.0 can be read")
    }
    let start = major >= 2 ? 12 : 10
    let size = (0..<(start - 8)).reduce(0) { $0 | Int(bytes[8 + $1]) << (8 * $1) }
    guard size <= bytes.count - start else {
      throw TensorError("a NumPy file with a broken header: it is cut off")
    }
    length = start + size
    var entries: [String: PythonLiteral] = [:]
    do {
      entries = try PythonLiteral.dictionary(bytes[start..<length])
    } catch {
      throw TensorError("a NumPy file with a broken header: \(error)")
    }
    guard Set(entries.keys) == ["descr", "fortran_order", "shape"] else {
      throw TensorError(
        "a NumPy file with a broken header: it must have descr, fortran_order and shape, nothing else")
    }
    guard case .boolean(let order) = entries["fortran_order"] else {
      throw TensorError("a NumPy file with a broken header: fortran_order is neither True nor False")
    }
    guard case .tuple(let sizes) = entries["shape"] else {
      throw TensorError("a NumPy file with a broken header: the shape is not a tuple")
    }
    shape = try sizes.map {
      guard case .integer(let size) = $0 else {
        throw TensorError("a NumPy file with a broken header: the shape is not a tuple of integers")
      }
      return size
    }
    isFortranOrder = order
    guard case .string(let type) = entries["descr"] else {
      throw TensorError("a NumPy file of records cannot be read; floats, integers and booleans can")
    }
    guard let element = NumPyElement(type) else {
      throw TensorError("NumPy type \(type) cannot be read; floats, integers and booleans can")
    }
    self.element = element
  }
}

/// The values that occur in a header.
enum PythonLiteral: Equatable {
  case string(String)
  case integer(Int)
  case boolean(Bool)
  case tuple([PythonLiteral])
  /// A list or another value that no header of plain numbers has.
  case other

  /// Reads `{'key': value, …}`.
  static func dictionary(_ bytes: ArraySlice<UInt8>) throws -> [String: PythonLiteral] {
    var reader = PythonReader(bytes: bytes)
    return try reader.dictionary()
  }
}

private struct PythonReader {
  var bytes: ArraySlice<UInt8>

  mutating func dictionary() throws -> [String: PythonLiteral] {
    var entries: [String: PythonLiteral] = [:]
    try expect("{")
    while !accept("}") {
      guard case .string(let key) = try value(depth: 0) else { throw TensorError("a key is not a string") }
      try expect(":")
      entries[key] = try value(depth: 0)
      if accept("}") { break }
      try expect(",")
    }
    skipBlanks()
    guard bytes.isEmpty else { throw TensorError("something follows the dictionary") }
    return entries
  }

  private mutating func value(depth: Int) throws -> PythonLiteral {
    skipBlanks()
    guard depth < 8, let first = bytes.first else { throw TensorError("a value is missing") }
    switch first {
    case UInt8(ascii: "'"), UInt8(ascii: "\""): return .string(try strings())
    case UInt8(ascii: "("): return try items("(", ")", depth: depth)
    case UInt8(ascii: "["):
      _ = try items("[", "]", depth: depth)
      return .other
    case UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try integer()
    default: return try word()
    }
  }

  /// `()`, `(a,)`, `(a, b)`; `(a)` is a itself.
  private mutating func items(_ open: Unicode.Scalar, _ close: Unicode.Scalar, depth: Int) throws
    -> PythonLiteral
  {
    try expect(open)
    var items: [PythonLiteral] = []
    var hasComma = false
    while !accept(close) {
      items.append(try value(depth: depth + 1))
      if accept(close) { break }
      try expect(",")
      hasComma = true
    }
    return items.count == 1 && !hasComma && open == "(" ? items[0] : .tuple(items)
  }

  /// Python 2 marks long integers, `2L`.
  private mutating func integer() throws -> PythonLiteral {
    var text = ""
    while let byte = bytes.first, "+-_0123456789".utf8.contains(byte) {
      if byte != UInt8(ascii: "_") { text.unicodeScalars.append(Unicode.Scalar(byte)) }
      bytes.removeFirst()
    }
    if bytes.first == UInt8(ascii: "L") || bytes.first == UInt8(ascii: "l") { bytes.removeFirst() }
    guard let value = Int(text) else { throw TensorError("\(text) is not a size") }
    return .integer(value)
  }

  /// `True`, `False`, `None`, and the `u` before a string.
  private mutating func word() throws -> PythonLiteral {
    let word = bytes.prefix { Unicode.Scalar($0).properties.isAlphabetic }
    bytes = bytes.dropFirst(word.count)
    switch String(decoding: word, as: UTF8.self) {
    case "True": return .boolean(true)
    case "False": return .boolean(false)
    case "None": return .other
    case "u", "U": return .string(try strings())
    case "": throw TensorError("it is no Python dictionary")
    case let other: throw TensorError("\(other.prefix(20)) is not a value")
    }
  }

  /// One or more strings side by side, which are one.
  private mutating func strings() throws -> String {
    var text = try string()
    skipBlanks()
    while bytes.first == UInt8(ascii: "'") || bytes.first == UInt8(ascii: "\"") {
      text += try string()
      skipBlanks()
    }
    return text
  }

  private mutating func string() throws -> String {
    guard let quote = bytes.first, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else {
      throw TensorError("a string expected")
    }
    bytes.removeFirst()
    guard let end = bytes.firstIndex(of: quote), !bytes[..<end].contains(UInt8(ascii: "\\")) else {
      throw TensorError("a string does not end, or has escapes")
    }
    defer { bytes = bytes[(end + 1)...] }
    return String(decoding: bytes[..<end], as: UTF8.self)
  }

  private mutating func skipBlanks() { bytes = bytes.drop { " \t\r\n\u{c}".utf8.contains($0) } }

  private mutating func accept(_ character: Unicode.Scalar) -> Bool {
    skipBlanks()
    guard bytes.first == UInt8(ascii: character) else { return false }
    bytes.removeFirst()
    return true
  }

  private mutating func expect(_ character: Unicode.Scalar) throws {
    guard accept(character) else { throw TensorError("'\(character)' expected") }
  }
}
