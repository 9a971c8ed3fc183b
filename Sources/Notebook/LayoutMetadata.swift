import Encoding

// How a script was laid out, kept in a notebook file: only where writing the script anew would not give the same text.

extension Document {
  var layoutMetadata: JSON? {
    guard let preamble, !preamble.isEmpty else { return nil }
    return ["preamble": .string(preamble)]
  }

  /// For each cell how it stood in the script, where writing it anew would not give the same.
  var cellLayouts: [JSON?] {
    var isOpen = false
    return cells.enumerated().map { index, cell in
      guard let marker = cell.layout.marker, let body = cell.layout.body else { return nil }
      let own = (marker.isEmpty ? "" : marker + "\n") + body
      // A cell without a layout of its own gets a blank line before it.
      let isPlain = own == cell.writtenAnew(isLast: index + 1 == cells.count) && !isOpen
      isOpen = !isPlain && !own.hasSuffix("\n\n")
      return isPlain ? nil : ["body": .string(body), "marker": .string(marker)]
    }
  }

  mutating func restoreLayout() {
    guard let layout = metadata["lunette"]?.object else { return }
    metadata["lunette"] = nil
    // Only what a script has before its first cell: a file from elsewhere may say what it likes.
    guard let text = layout["preamble"]?.string, let head = try? Document(percent: text),
      head.cells.map(\.source) == [""], head.cells[0].layout.marker == ""
    else { return }
    (preamble, shebang, header) = (text, head.shebang, head.header)
  }
}

extension Cell {
  fileprivate func writtenAnew(isLast: Bool) -> String {
    CellMarker(kind: kind, metadata: markerMetadata).line + "\n" + written + (isLast ? "" : "\n")
  }

  mutating func restoreLayout() {
    guard let kept = metadata["lunette"]?.object else { return }
    metadata["lunette"] = nil
    layout = Layout(marker: kept["marker"]?.string, body: kept["body"]?.string)
  }

  /// What the marker line says beside the kind: the metadata, and what only notebook files have a place for.
  var markerMetadata: JSON.Object {
    var all = metadata
    if let attachments { all["attachments"] = attachments }
    if let typeName { all["cell_type"] = .string(typeName) }
    return all
  }

  /// Puts what `markerMetadata` added in its place again.
  mutating func takeMarkerMetadata() {
    if kind != .code, let given = metadata["attachments"], given.object != nil {
      attachments = given
      metadata["attachments"] = nil
    }
    if kind == .raw, let name = metadata["cell_type"]?.string {
      typeName = name
      metadata["cell_type"] = nil
    }
  }
}
