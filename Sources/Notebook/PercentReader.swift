import LuaSyntax

extension Document {
  /// Reads a Lua script in percent format. A script without markers is one cell.
  ///
  /// Markers count only where Lua sees a comment: a long string may hold `-- %%` lines. Prose cells must be
  /// comments, else the script would do something else in a notebook than as a plain chunk.
  public init(percent text: String) throws {
    let script = Script(text)
    let header = script.header()
    self.init(cells: [])
    shebang = script.shebang
    self.header = header?.text
    metadata = header.flatMap { NotebookHeader.metadata(in: $0.text) } ?? [:]

    let first = header?.end ?? (script.shebang == nil ? 0 : 1)
    let markers = script.markers(from: first)
    let start = markers.first?.line ?? script.lines.count
    var preambleEnd = start
    if markers.isEmpty || script.lines[first..<start].contains(where: { !$0.isBlank }) {
      preambleEnd = first
      cells.append(
        try script.cell(CellMarker(kind: .code, metadata: [:]), markerLine: nil, body: first..<start))
    }
    preamble = script.layout(of: 0..<preambleEnd)
    for (index, (line, marker)) in markers.enumerated() {
      let end = index + 1 < markers.count ? markers[index + 1].line : script.lines.count
      cells.append(try script.cell(marker, markerLine: line, body: line + 1..<end))
    }
    nameCells()
  }
}

/// The lines of a script and what Lua takes them for. Line indices count from 0 here.
private struct Script {
  let lines: [String]
  let shebang: String?
  private let bytes: [UInt8]
  private let lineStarts: [Int]
  private let tokens: [LuaToken]

  init(_ text: String) {
    lines = text.lines().map(String.init)
    shebang = lines.first.flatMap { $0.hasPrefix("#") ? $0 : nil }
    bytes = Array(lines.joined(separator: "\n").utf8)
    var starts = [0]
    for (offset, byte) in bytes.enumerated() where byte == 0x0A { starts.append(offset + 1) }
    lineStarts = starts
    tokens = LuaLexer.tokens(of: bytes, from: shebang?.utf8.count ?? 0)
  }

  /// The YAML between two `-- ---` lines at the top, and the line after it. Each line is a comment of its own.
  func header() -> (text: String, end: Int)? {
    let first = shebang == nil ? 0 : 1
    guard lines[safe: first]?.trimmingSpace() == "-- ---" else { return nil }
    guard let last = lines[(first + 1)...].firstIndex(where: { $0.trimmingSpace() == "-- ---" }),
      lines[first..<last].allSatisfy({ $0.hasPrefix("--") && !opensLongBracket($0.dropFirst(2)) })
    else { return nil }
    let text = lines[first + 1..<last].map(withoutCommentSign).joined(separator: "\n")
    return (text, last + 1)
  }

  private func opensLongBracket(_ text: Substring) -> Bool {
    text.first == "[" && text.dropFirst().drop { $0 == "=" }.first == "["
  }

  func markers(from first: Int) -> [(line: Int, marker: CellMarker)] {
    tokens.compactMap { token in
      let line = line(at: token.range.lowerBound)
      guard token.kind == .comment, line >= first, lineStarts[line] == token.range.lowerBound else {
        return nil
      }
      return CellMarker(line: lines[line]).map { (line, $0) }
    }
  }

  func cell(_ marker: CellMarker, markerLine: Int?, body: Range<Int>) throws -> Cell {
    let start = body.first { !lines[$0].isBlank } ?? body.lowerBound
    let end = body.last { !lines[$0].isBlank }.map { $0 + 1 } ?? start
    let source =
      marker.kind == .code ? EscapedMarkers.unescaped(text(of: start..<end)) : try prose(in: start..<end)
    var cell = Cell(kind: marker.kind, source: source, metadata: marker.metadata, firstLine: start + 1)
    cell.takeMarkerMetadata()
    cell.layout = Cell.Layout(marker: markerLine.map { lines[$0] } ?? "", body: layout(of: body))
    return cell
  }

  /// The text of comments, without their signs.
  private func prose(in range: Range<Int>) throws -> String {
    guard !range.isEmpty else { return "" }
    var result: [String] = []
    var next = range.lowerBound
    let end = lineStarts[range.upperBound - 1] + lines[range.upperBound - 1].utf8.count
    for token in tokens
    where lineStarts[range.lowerBound] <= token.range.lowerBound && token.range.lowerBound < end {
      let line = line(at: token.range.lowerBound)
      guard token.kind == .comment else {
        throw NotebookError("line \(line + 1): the text of a [markdown] or [raw] cell must be a comment (--)")
      }
      result += Array(repeating: "", count: max(0, line - next))
      let comment = String(decoding: bytes[token.range], as: UTF8.self)
      result += insideLongBracket(comment) ?? [withoutCommentSign(comment)]
      next = self.line(at: token.range.upperBound - 1) + 1
    }
    let first = result.firstIndex { !$0.isBlank } ?? result.endIndex
    let last = result.lastIndex { !$0.isBlank } ?? result.startIndex - 1
    return first <= last ? result[first...last].joined(separator: "\n") : ""
  }

  private func insideLongBracket(_ comment: String) -> [String]? {
    let equals = comment.dropFirst(3).prefix { $0 == "=" }
    guard comment.hasPrefix("--[\(equals)[") else { return nil }
    let closing = "]\(equals)]"
    let inside = comment.dropFirst(4 + equals.count)
    return (inside.hasSuffix(closing) ? inside.dropLast(closing.count) : inside).lines().map(String.init)
  }

  /// By bytes: a blank and an accent after it are one character.
  private func withoutCommentSign(_ line: String) -> String {
    let text = line.utf8.drop { $0 == 0x20 || $0 == 0x09 }.dropFirst(2)
    return String(decoding: text.first == 0x20 ? text.dropFirst() : text, as: UTF8.self)
  }

  /// The lines as they stand, each with its line break.
  func layout(of range: Range<Int>) -> String { lines[range].map { $0 + "\n" }.joined() }

  func text(of range: Range<Int>) -> String { lines[range].joined(separator: "\n") }

  private func line(at offset: Int) -> Int {
    var low = 0
    var high = lineStarts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if lineStarts[middle] <= offset { low = middle } else { high = middle }
    }
    return low
  }
}

extension StringProtocol {
  var isBlank: Bool { allSatisfy(\.isWhitespace) }
}
