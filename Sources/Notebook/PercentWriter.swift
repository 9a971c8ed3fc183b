extension Document {
  /// The document as a Lua script in percent format. What came from a script and was not changed is written
  /// as it stood; outputs are not part of a script.
  public func percent() -> String {
    var text = ""
    let header = currentHeader
    if let preamble, Self.head(of: preamble) == (shebang, header) {
      text = preamble
    } else {
      var lines = shebang.map { [$0] } ?? []
      if let header {
        lines +=
          ["-- ---"] + NotebookHeader.rows(of: header).map { $0.isEmpty ? "--" : "-- \($0)" } + ["-- ---"]
      }
      if !lines.isEmpty { text = lines.joined(separator: "\n") + "\n\n" }
    }
    for (index, cell) in cells.enumerated() {
      let isAnew = cell.layout.marker == nil || index > 0 && cells[index - 1].layout.marker == nil
      if index > 0, isAnew, !text.hasSuffix("\n\n") { text += "\n" }
      text += cell.percent(isFirst: index == 0)
    }
    return text
  }

  private static func head(of preamble: String) -> (String?, String?) {
    let document = try? Document(percent: preamble)
    return (document?.shebang, document?.header)
  }
}

extension Cell {
  fileprivate func percent(isFirst: Bool) -> String {
    let marker = markerLine(isFirst: isFirst)
    return (marker.isEmpty ? "" : marker + "\n") + (unchangedBody ?? written + blankLinesAfter)
  }

  private func markerLine(isFirst: Bool) -> String {
    let wanted = CellMarker(kind: kind, metadata: markerMetadata)
    guard let marker = layout.marker else { return wanted.line }
    if marker.isEmpty {
      let isPlain =
        kind == .code && markerMetadata.isEmpty && source.lines().first.map { !$0.isBlank } ?? true
      return isFirst && isPlain ? "" : wanted.line
    }
    let isOneLine = !marker.utf8.contains { $0 == 0x0A || $0 == 0x0D }
    return isOneLine && CellMarker(line: marker) == wanted ? marker : wanted.line
  }

  /// The body as the script had it, if reading it still gives this cell.
  private var unchangedBody: String? {
    guard let body = layout.body else { return nil }
    let marker = CellMarker(kind: kind, metadata: [:]).line + "\n"
    // Blank lines are layout before code that has no marker, and the cell's own behind one.
    let own = layout.marker == "" ? String(body.drop { $0 == "\n" }) : body
    let read = try? Document(percent: marker + own)
    return read?.cells.count == 1 && read?.cells[0].source == source ? body : nil
  }

  private var blankLinesAfter: String {
    guard let body = layout.body else { return "" }
    return String(body.reversed().prefix { $0 == "\n" }.dropFirst())
  }

  /// The body as it is written anew, without blank lines after it. Line breaks are Lua's, `\r` among them.
  var written: String {
    guard !source.isEmpty else { return "" }
    let lines = source.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" || $0 == "\r" }
    let text = lines.joined(separator: "\n")
    guard kind != .code else { return EscapedMarkers.escaped(text) + "\n" }
    // A line of prose that would read as a marker is safe in a long comment only.
    if lines.contains(where: { CellMarker(line: "-- \($0)") != nil }) {
      var equals = ""
      while text.utf8.contains("]\(equals)]".utf8) { equals += "=" }
      return "--[\(equals)[\n\(text)\n]\(equals)]\n"
    }
    return lines.map { $0.isEmpty ? "--\n" : "-- \($0)\n" }.joined()
  }
}
