import Encoding

/// The metadata on the line that opens a cell, as jupytext reads and writes them.
enum MarkerOptions {
  /// Where text cannot be read as metadata, jupytext keeps it under this name, to write it back.
  private static let unreadable = "incorrectly_encoded_metadata"

  /// The title, and the metadata behind it.
  static func split(_ text: String) -> (title: String, metadata: JSON.Object) {
    let bytes = Array(text.utf8)
    let equals = bytes.firstIndex(of: UInt8(ascii: "="))
    let brace = bytes.firstIndex(of: UInt8(ascii: "{"))
    if let brace, equals.map({ brace < $0 }) ?? true {
      let rest = bytes[brace...]
      let object = (try? JSON(parsing: Array(rest), allowing: .python)) ?? PythonLiteral.value(of: rest)
      return (trimmed(bytes[..<brace]), object?.object ?? [unreadable: .string(trimmed(rest))])
    }
    // The title ends before the first key, and before words like `.class`.
    var start = bytes.endIndex
    if let equals {
      let keyEnd = bytes[..<equals].lastIndex { $0 != 0x20 } ?? 0
      start = (bytes[..<keyEnd].lastIndex(of: 0x20) ?? -1) + 1
    }
    while let end = bytes[..<start].lastIndex(where: { $0 != 0x20 }) {
      let word = (bytes[...end].lastIndex(of: 0x20) ?? -1) + 1
      guard bytes[word] == UInt8(ascii: ".") else { break }
      start = word
    }
    return (trimmed(bytes[..<start]), pairs(bytes[start...]))
  }

  /// Pairs, and words without a value, from the last one to the first: a value may hold whatever it likes, `a=1` too.
  private static func pairs(_ bytes: ArraySlice<UInt8>) -> JSON.Object {
    var rest = withoutBlanks(bytes)
    var found: [(key: String, value: JSON, isWord: Bool)] = []
    while !rest.isEmpty {
      if let word = lastWord(of: rest) {
        found.append((String(decoding: word, as: UTF8.self), .null, true))
        rest = withoutBlanks(rest[..<word.startIndex])
      } else if let (key, value) = lastPair(of: rest) {
        found.append((String(decoding: key, as: UTF8.self), value, false))
        rest = withoutBlanks(rest[..<key.startIndex])
      } else {
        found.append((unreadable, .string(trimmed(rest)), false))
        break
      }
    }
    var metadata = JSON.Object()
    for (key, value, isWord) in found.reversed() where !isWord || metadata[key] == nil {
      metadata[key] = value
    }
    return metadata
  }

  private static func lastWord(of bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    let word = bytes[((bytes.lastIndex(of: 0x20) ?? bytes.startIndex - 1) + 1)...]
    guard let first = word.first, !isDigit(first), !bytes.starts(with: "--".utf8),
      word.allSatisfy({ isLetter($0) || isDigit($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: ".") })
    else { return nil }
    return word
  }

  /// The last key whose `=` has a value behind it that reaches to the end.
  private static func lastPair(of bytes: ArraySlice<UInt8>) -> (key: ArraySlice<UInt8>, value: JSON)? {
    var equals = bytes.endIndex
    while let index = bytes[..<equals].lastIndex(of: UInt8(ascii: "=")) {
      equals = index
      guard let key = key(before: equals, in: bytes) else { continue }
      let text = bytes[(equals + 1)...]
      if let value = value(text) { return (key, value) }
    }
    return nil
  }

  private static func key(before equals: Int, in bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    var end = equals
    while end > bytes.startIndex, isBlank(bytes[end - 1]) { end -= 1 }
    var start = end
    while start > bytes.startIndex, isKeyByte(bytes[start - 1]) { start -= 1 }
    guard start < end, start == bytes.startIndex || bytes[start - 1] == 0x20 else { return nil }
    return bytes[start..<end]
  }

  private static func value(_ bytes: ArraySlice<UInt8>) -> JSON? {
    let json = try? bytes.withUnsafeBytes { try JSON(parsing: $0, allowing: .python) }
    return json ?? PythonLiteral.value(of: bytes)
  }

  // MARK: Writing

  /// As words `key=value`; nil where a key is none that may stand there.
  static func words(_ metadata: JSON.Object) -> String? {
    guard metadata.keys.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(isKeyByte) }) else { return nil }
    return metadata.members.map { key, value in
      if key == unreadable, let text = value.string { return text }
      return "\(key)=\(text(of: value))"
    }.joined(separator: " ")
  }

  /// As one JSON object.
  static func object(_ metadata: JSON.Object) -> String? { text(of: .object(metadata)) }

  /// JSON in one line, spaced as Python does.
  private static func text(of value: JSON) -> String {
    switch value {
    case .array(let values): return "[" + values.map(text).joined(separator: ", ") + "]"
    case .object(let object):
      let members = object.members.map { "\(text(of: .string($0))): \(text(of: $1))" }
      return "{" + members.joined(separator: ", ") + "}"
    case .string: return escaped(value.text())
    default: return value.text()
    }
  }

  /// Escapes what Python takes for the end of a line.
  private static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0x7F...0x9F: result += "\\u00" + String(scalar.value, radix: 16)
      case 0x2028, 0x2029: result += "\\u" + String(scalar.value, radix: 16)
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  // MARK: Bytes

  private static func withoutBlanks(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var bytes = bytes
    while let first = bytes.first, isBlank(first) { bytes.removeFirst() }
    while let last = bytes.last, isBlank(last) { bytes.removeLast() }
    return bytes
  }

  private static func trimmed(_ bytes: ArraySlice<UInt8>) -> String {
    String(decoding: bytes, as: UTF8.self).trimmingSpace()
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
  private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }
  private static func isKeyByte(_ byte: UInt8) -> Bool {
    isLetter(byte) || isDigit(byte) || "_-./@".utf8.contains(byte)
  }
}
