import Encoding

/// The line that opens a cell of a percent script: `-- %% A title [markdown] tags=["parameters"]`.
///
/// The convention is jupytext's: an optional title, an optional kind in brackets, then metadata as `key=value`
/// with JSON values, or as one JSON object. More than two percent signs nest cells (`cell_depth`).
struct CellMarker: Equatable {
  var kind = Cell.Kind.code
  var metadata: JSON.Object = [:]

  private static let kinds: [(name: String, kind: Cell.Kind)] = [
    ("[markdown]", .markdown), ("[md]", .markdown), ("[raw]", .raw), ("[code]", .code),
  ]

  init(kind: Cell.Kind, metadata: JSON.Object) {
    self.kind = kind
    self.metadata = metadata
  }

  /// `nil` if the line opens no cell.
  init?(line: some StringProtocol) {
    guard line.hasPrefix("--") else { return nil }
    var rest = line.dropFirst(2)
    if rest.first == " " { rest = rest.dropFirst() }
    let percents = rest.prefix { $0 == "%" }.count
    guard percents >= 2 else { return nil }
    rest = rest.dropFirst(percents)
    guard rest.first.map(\.isWhitespace) ?? true else { return nil }

    var title = rest.trimmingSpace()
    if let (range, kind) = Self.kind(in: title) {
      self.kind = kind
      metadata = Self.options(String(title[range.upperBound...])) ?? [:]
      title = String(title[..<range.lowerBound])
    } else if let (start, options) = Self.trailingOptions(of: title) {
      metadata = options
      title = String(title[..<start])
    }
    title = title.trimmingSpace()
    if !title.isEmpty { metadata["title"] = .string(title) }
    if percents > 2 { metadata["cell_depth"] = .number(percents - 2) }
  }

  var line: String {
    let depth = metadata["cell_depth"]?.int ?? 0
    var line = "-- %%" + String(repeating: "%", count: max(0, min(depth, 8)))
    if let title = metadata["title"]?.string, !title.isEmpty {
      line += " " + title.lines().joined(separator: " ")
    }
    if kind != .code { line += " [\(kind.rawValue)]" }
    var unnamed: JSON.Object = [:]
    for (key, value) in metadata.members where key != "title" && key != "cell_depth" {
      if key.utf8.allSatisfy(Self.isKeyByte), !key.isEmpty {
        line += " \(key)=\(value.text())"
      } else {
        unnamed[key] = value
      }
    }
    // Keys that are no words go with all others into one object, as the two forms do not mix.
    guard unnamed.isEmpty else {
      var all = metadata
      all["title"] = nil
      all["cell_depth"] = nil
      let start = CellMarker(kind: kind, metadata: metadata.only(["title", "cell_depth"])).line
      return start + " " + JSON.object(all).text()
    }
    return line
  }

  private static func kind(in text: String) -> (Range<String.Index>, Cell.Kind)? {
    for (name, kind) in kinds {
      var start = text.startIndex
      while start < text.endIndex {
        if text[start...].hasPrefix(name) {
          return (start..<text.index(start, offsetBy: name.count), kind)
        }
        start = text.index(after: start)
      }
    }
    return nil
  }

  /// The earliest word from which the rest of the line reads as metadata.
  private static func trailingOptions(of text: String) -> (String.Index, JSON.Object)? {
    var start = text.startIndex
    while start < text.endIndex {
      let isWordStart = start == text.startIndex || text[text.index(before: start)].isWhitespace
      if isWordStart, let options = options(String(text[start...])), !options.isEmpty {
        return (start, options)
      }
      start = text.index(after: start)
    }
    return nil
  }

  private static func options(_ text: String) -> JSON.Object? {
    var bytes = Array(text.trimmingSpace().utf8)
    if bytes.first == UInt8(ascii: "{") { return (try? JSON(parsing: bytes, allowing: .python))?.object }
    var result: JSON.Object = [:]
    while !bytes.isEmpty {
      let key = bytes.prefix(while: isKeyByte)
      guard !key.isEmpty, bytes[safe: key.count] == UInt8(ascii: "=") else { return nil }
      bytes.removeFirst(key.count + 1)
      guard let value = try? JSON(takingFrom: &bytes, allowing: .python) else { return nil }
      result[String(decoding: key, as: UTF8.self)] = value
      let space = bytes.prefix { $0 == 0x20 || $0 == 0x09 }.count
      guard space > 0 || bytes.isEmpty else { return nil }
      bytes.removeFirst(space)
    }
    return result
  }

  private static func isKeyByte(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
      || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
  }
}
