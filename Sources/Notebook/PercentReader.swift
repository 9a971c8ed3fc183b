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
    do {
      metadata = try header.flatMap { try NotebookHeader.metadata(in: $0.text) } ?? [:]
    } catch let error as YAMLError {
      let line = script.headStart + 1 + error.line
      throw NotebookError("line \(line): the notebook's header cannot be read: \(error.message)")
    }

    let first = header?.end ?? script.headStart
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
    lines = text.withoutByteOrderMark.lines().map(String.init)
    shebang = lines.first.flatMap { $0.hasPrefix("#") ? $0 : nil }
    bytes = Array(lines.joined(separator: "\n").utf8)
    var starts = [0]
    for (offset, byte) in bytes.enumerated() where byte == 0x0A { starts.append(offset + 1) }
    lineStarts = starts
    tokens = LuaLexer.tokens(of: bytes, from: shebang?.utf8.count ?? 0)
  }

  /// The line after `#!` and after the encoding, which jupytext states at the top of a text that is not ASCII.
  var headStart: Int {
    let first = shebang == nil ? 0 : 1
    guard let line = lines[safe: first], line.hasPrefix("--"), !opensLongBracket(line.dropFirst(2)),
      let end = line.firstRange(of: "coding")?.upperBound, let sign = line[end...].first,
      sign == ":" || sign == "=",
      line[end...].dropFirst().drop(while: \.isWhitespace).lowercased().hasPrefix("utf")
    else { return first }
    return first + 1
  }

  /// The YAML between two `-- ---` lines at the top, and the line after it. Each line is a comment of its own.
  func header() -> (text: String, end: Int)? {
    let first = headStart
    let isFence = { (line: String) in line.hasPrefix("-- ---") && line.dropFirst(6).isBlank }
    guard let start = lines[safe: first], isFence(start) else { return nil }
    guard let last = lines[(first + 1)...].firstIndex(where: isFence),
      lines[first..<last].allSatisfy({ $0.hasPrefix("--") && !opensLongBracket($0.dropFirst(2)) })
    else { return nil }
    let text = lines[first + 1..<last].map(withoutCommentSign).joined(separator: "\n")
    return (text, last + 1)
  }

  private func opensLongBracket(_ text: Substring) -> Bool {
    text.first == "[" && text.dropFirst().drop { $0 == "=" }.first == "["
  }

  /// Comments that open a cell and have nothing but blanks before them.
  func markers(from first: Int) -> [(line: Int, marker: CellMarker)] {
    tokens.compactMap { token in
      guard token.kind == .comment else { return nil }
      let line = line(at: token.range.lowerBound)
      guard line >= first,
        bytes[lineStarts[line]..<token.range.lowerBound].allSatisfy({ $0 == 0x20 || $0 == 0x09 })
      else { return nil }
      return CellMarker(line: lines[line]).map { (line, $0) }
    }
  }

  /// Blank lines at the end of a cell are layout, as are those before code that no marker precedes.
  func cell(_ marker: CellMarker, markerLine: Int?, body: Range<Int>) throws -> Cell {
    let start = markerLine == nil ? body.first { !lines[$0].isBlank } ?? body.lowerBound : body.lowerBound
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
    return result.joined(separator: "\n")
  }

  /// The lines of a long comment. The line breaks behind its opening and before its end are none of the text's.
  private func insideLongBracket(_ comment: String) -> [String]? {
    let equals = comment.dropFirst(3).prefix { $0 == "=" }
    guard comment.hasPrefix("--[\(equals)[") else { return nil }
    let closing = "]\(equals)]"
    var inside = comment.dropFirst(4 + equals.count)
    if inside.hasSuffix(closing) { inside = inside.dropLast(closing.count) }
    var lines = inside.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    if lines.count > 1, lines[0].isBlank { lines.removeFirst() }
    if lines.count > 1, lines[lines.count - 1].isEmpty { lines.removeLast() }
    return lines
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
  var isBlank: Bool { unicodeScalars.allSatisfy(\.properties.isWhitespace) }
}

extension String {
  fileprivate var withoutByteOrderMark: Substring {
    unicodeScalars.first == "\u{FEFF}" ? Substring(unicodeScalars.dropFirst()) : self[...]
  }
}
