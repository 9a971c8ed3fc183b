/// A table with pipes, as GitHub writes it: a line of names, a line of dashes, rows.
struct MarkdownTable {
  private var names: [String]
  private var alignments: [String?]
  private var rows: [[String]] = []
  let lineCount: Int

  /// `nil` if no table begins at the first of `lines`.
  init?(_ lines: ArraySlice<String>) {
    guard lines.count >= 2, let first = lines.first, first.contains("|") else { return nil }
    names = Self.cells(first)
    let dashes = Self.cells(lines[lines.startIndex + 1])
    guard dashes.count == names.count, dashes.allSatisfy(Self.isDashes) else { return nil }
    alignments = dashes.map { cell in
      switch (cell.hasPrefix(":"), cell.hasSuffix(":")) {
      case (true, true): "center"
      case (false, true): "right"
      default: nil
      }
    }
    for line in lines.dropFirst(2) {
      guard line.contains("|"), !line.isBlank else { break }
      let cells = Self.cells(line)
      rows.append(names.indices.map { cells[safe: $0] ?? "" })
    }
    lineCount = 2 + rows.count
  }

  func html(_ inline: MarkdownInline) -> String {
    func row(_ cells: [String], _ tag: String) -> String {
      let html = zip(cells, alignments).map { text, alignment in
        let style = alignment.map { " style=\"text-align: \($0)\"" } ?? ""
        return "<\(tag)\(style)>\(inline.html(text))</\(tag)>"
      }
      return "<tr>" + html.joined() + "</tr>\n"
    }
    return "<div class=\"scroll\"><table class=\"data\">\n<thead>\(row(names, "th"))</thead>\n<tbody>\n"
      + rows.map { row($0, "td") }.joined() + "</tbody>\n</table></div>\n"
  }

  private static func isDashes(_ cell: String) -> Bool {
    var rest = Substring(cell)
    if rest.hasPrefix(":") { rest.removeFirst() }
    if rest.hasSuffix(":") { rest.removeLast() }
    return !rest.isEmpty && rest.allSatisfy { $0 == "-" }
  }

  /// Cells between pipes; `\|` and pipes in code do not part them.
  private static func cells(_ line: String) -> [String] {
    var cells = [""]
    var isCode = false
    var isEscaped = false
    for character in line.trimmingSpace() {
      switch character {
      case "|" where isEscaped:
        cells[cells.count - 1].removeLast()
        cells[cells.count - 1].append("|")
      case "|" where !isCode: cells.append("")
      default:
        if character == "`" { isCode.toggle() }
        cells[cells.count - 1].append(character)
      }
      isEscaped = character == "\\" && !isEscaped
    }
    if cells.first?.isBlank == true { cells.removeFirst() }
    if cells.last?.isBlank == true { cells.removeLast() }
    return cells.map { $0.trimmingSpace() }
  }
}
