extension Document {
  /// The document as a Lua script in percent format. What came from a script and was not changed is written
  /// as it stood; outputs are not part of a script.
  public func percent() -> String {
    var blocks: [String] = []
    if let preamble, Self.head(of: preamble) == (shebang, header) {
      blocks.append(preamble)
    } else {
      var lines = shebang.map { [$0] } ?? []
      if let header { lines += ["-- ---"] + header.lines().map { "-- \($0)" } + ["-- ---"] }
      if !lines.isEmpty { blocks.append(lines.joined(separator: "\n") + "\n") }
    }
    for (index, cell) in cells.enumerated() {
      var block = cell.percent(isFirst: index == 0)
      if let last = block.last, last != "\n", index + 1 < cells.count { block += "\n" }
      blocks.append(block)
    }
    let text = blocks.filter { !$0.isEmpty }.joined(separator: "\n")
    return text.isEmpty ? "" : text.hasSuffix("\n") ? text : text + "\n"
  }

  private static func head(of preamble: String) -> (String?, String?) {
    let document = try? Document(percent: preamble)
    return (document?.shebang, document?.header)
  }
}

extension Cell {
  /// Marker and body without the last line break.
  fileprivate func percent(isFirst: Bool) -> String {
    let marker = markerLine(isFirst: isFirst)
    let body = unchangedBody ?? written
    return marker.isEmpty ? body : body.isEmpty ? marker : marker + "\n" + body
  }

  private func markerLine(isFirst: Bool) -> String {
    let wanted = CellMarker(kind: kind, metadata: metadata)
    guard let marker = layout.marker else { return wanted.line }
    if marker.isEmpty { return isFirst && kind == .code && metadata.isEmpty ? "" : wanted.line }
    return CellMarker(line: marker) == wanted ? marker : wanted.line
  }

  /// The body as the script had it, if reading it still gives this cell.
  private var unchangedBody: String? {
    guard let body = layout.body else { return nil }
    let marker = CellMarker(kind: kind, metadata: [:]).line
    let read = try? Document(percent: marker + "\n" + body)
    return read?.cells.count == 1 && read?.cells[0].source == source ? body : nil
  }

  private var written: String {
    guard kind != .code else { return source }
    let lines = source.lines()
    // A line of prose that would read as a marker, or a blank one at the edge, is safe in a long comment only.
    if lines.contains(where: { CellMarker(line: "-- \($0)") != nil }) {
      var equals = ""
      while source.contains("]\(equals)]") { equals += "=" }
      return "--[\(equals)[\n\(source)\n]\(equals)]"
    }
    return lines.map { $0.isEmpty ? "--" : "-- \($0)" }.joined(separator: "\n")
  }
}
