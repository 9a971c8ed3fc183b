import Encoding

/// The line that opens a cell of a percent script: `-- %% A title [markdown] tags=["parameters"]`.
///
/// The grammar is jupytext's (1.19): an optional title, an optional kind in brackets, then metadata as `key=value` with
/// values of JSON or Python, or as one JSON object. More than two percent signs nest cells (`cell_depth`). The markers of
/// other editors, `-- In[3]:` and `-- <codecell>`, open a cell of code too.
struct CellMarker: Equatable {
  var kind = Cell.Kind.code
  var metadata: JSON.Object = [:]

  init(kind: Cell.Kind, metadata: JSON.Object) {
    self.kind = kind
    self.metadata = metadata
  }

  /// `nil` if the line opens no cell.
  init?(line: some StringProtocol) {
    guard let text = Self.text(of: line) else { return nil }
    let (title, options) = MarkerOptions.split(text)
    metadata = options
    take(title: title)
  }

  /// The percent signs beyond two, and what stands behind them.
  private static func text(of line: some StringProtocol) -> String? {
    // By scalars: a blank and an accent after it are one character.
    var rest = Substring(line).unicodeScalars
    func skipSpace() { rest = rest.drop(while: \.properties.isWhitespace) }
    func skip(_ text: String) -> Bool {
      guard rest.starts(with: text.unicodeScalars) else { return false }
      rest = rest.dropFirst(text.unicodeScalars.count)
      return true
    }
    skipSpace()
    guard skip("--") else { return nil }
    skipSpace()
    let mark = String(rest).trimmingSpace()
    if mark == "<codecell>" || mark == "%%" || isInputMark(mark) { return "" }
    guard skip("%%") else { return nil }
    var depth = 0
    while skip("%") { depth += 1 }
    guard let next = rest.first, next.properties.isWhitespace else { return nil }
    return (String(repeating: "%", count: depth) + String(rest)).trimmingSpace()
  }

  /// `In[ ]`, `In[12]:`, as notebooks number their cells.
  private static func isInputMark(_ text: String) -> Bool {
    var rest = text.hasSuffix(":") ? text.dropLast() : text[...]
    guard rest.hasPrefix("In["), rest.hasSuffix("]") else { return false }
    rest = rest.dropFirst(3).dropLast()
    return rest.utf8.allSatisfy { $0 == 0x20 || (0x30...0x39).contains($0) }
  }

  /// Takes the kind and the depth out of a title.
  private mutating func take(title: String) {
    var title = title
    for (name, kind) in [("[markdown]", Cell.Kind.markdown), ("[raw]", .raw), ("[md]", .markdown)]
    where title.contains(name) {
      title = title.replacing(name, with: "").trimmingSpace()
      self.kind = kind
      if name == "[md]" { metadata["region_name"] = "md" }  // so that it is written as it was
      break
    }
    let depth = title.unicodeScalars.prefix { $0 == "%" }.count
    title = String(String.UnicodeScalarView(title.unicodeScalars.dropFirst(depth))).trimmingSpace()
    if depth > 0 { metadata["cell_depth"] = .number(depth) }
    if !title.isEmpty { metadata["title"] = .string(title) }
  }

  // MARK: Writing

  /// The line: the plainest that reads back as this marker. What jupytext could not read at its place, a title like
  /// `[raw]`, say, goes with all metadata into one JSON object.
  var line: String {
    let hasDepth = metadata["cell_depth"]?.int.map { 1...8 ~= $0 } ?? false
    let names = ["title", hasDepth ? "cell_depth" : "", kind == .markdown ? "region_name" : ""]
    let plain = [line(inLine: names, MarkerOptions.words), line(inLine: names, MarkerOptions.object)]
    return plain.compactMap(\.self).first { CellMarker(line: $0) == self } ?? lineOfObject
  }

  /// - Parameter names: the metadata that have a place of their own in the line.
  private func line(inLine names: [String], _ options: (JSON.Object) -> String?) -> String? {
    var rest = metadata
    var line = "-- %%"
    if names.contains("cell_depth"), let depth = metadata["cell_depth"]?.int {
      line += String(repeating: "%", count: depth)
      rest["cell_depth"] = nil
    }
    if let title = metadata["title"]?.string {
      guard !title.isEmpty, title.unicodeScalars.allSatisfy({ !Self.endsLines($0) }) else { return nil }
      line += " " + title
      rest["title"] = nil
    }
    if kind != .code {
      let isShort = names.contains("region_name") && metadata["region_name"] == "md"
      if isShort { rest["region_name"] = nil }
      line += isShort ? " [md]" : " [\(kind.rawValue)]"
    }
    guard !rest.isEmpty else { return line }
    return options(rest).map { "\(line) \($0)" }
  }

  private var lineOfObject: String {
    "-- %%" + (kind == .code ? "" : " [\(kind.rawValue)]") + " " + (MarkerOptions.object(metadata) ?? "")
  }

  /// Whether Python or Lua takes the character for the end of a line, or for none that a line may hold.
  private static func endsLines(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) || scalar.value == 0x2028
      || scalar.value == 0x2029
  }
}
