import Encoding

/// The YAML header of a script: the notebook's metadata stand under `jupyter:`, as jupytext writes them. What else it says
/// (a title, say) is kept as it is.
enum NotebookHeader {
  /// The notebook's metadata that the header holds; nil where it holds none.
  ///
  /// - Throws: `YAMLError` if what stands under `jupyter:` cannot be read.
  static func metadata(in header: String) throws -> JSON.Object? {
    let lines = rows(of: header)
    guard let block = block(in: lines) else { return nil }
    let text = lines[block].joined(separator: "\n")
    do {
      return try YAMLReader.value(of: text)["jupyter"]?.object
    } catch let error as YAMLError {
      // An anchor may stand above the block.
      if let all = try? YAMLReader.value(of: header) { return all["jupyter"]?.object }
      throw YAMLError(message: error.message, line: block.lowerBound + error.line)
    }
  }

  /// The lines of a header, blank ones at its end among them: they belong to its last value.
  static func rows(of header: String) -> [Substring] {
    header.isEmpty ? [] : header.split(separator: "\n", omittingEmptySubsequences: false)
  }

  static func title(in header: String) -> String? {
    let lines = rows(of: header)
    guard let first = lines.firstIndex(where: { $0.hasPrefix("title:") }) else { return nil }
    let end = lines[(first + 1)...].firstIndex { $0.first.map { !$0.isWhitespace } ?? false } ?? lines.count
    let value = try? YAMLReader.value(of: lines[first..<end].joined(separator: "\n"))["title"]
    // A title like `A: B` is no YAML, and plain enough.
    return value?.string ?? String(lines[first].dropFirst(6)).trimmingSpace()
  }

  /// The header with other metadata; what it says besides stays.
  static func header(_ header: String?, with metadata: JSON.Object) -> String? {
    var lines = header.map { rows(of: $0).map(String.init) } ?? []
    let block = block(in: lines)
    let new =
      metadata.isEmpty ? [] : YAMLWriter.text(of: ["jupyter": .object(metadata)]).lines().map(String.init)
    lines.replaceSubrange(block ?? lines.count..<lines.count, with: new)
    return lines.isEmpty ? nil : lines.joined(separator: "\n")
  }

  /// The lines from `jupyter:` up to the next that begins at the margin.
  private static func block(in lines: [some StringProtocol]) -> Range<Int>? {
    guard let first = lines.firstIndex(where: { $0.hasPrefix("jupyter:") }) else { return nil }
    let end = lines[(first + 1)...].firstIndex { line in line.first.map { !$0.isWhitespace } ?? false }
    return first..<(end ?? lines.count)
  }
}

extension Document {
  /// The header that a script of this document gets: as it was, unless the notebook's metadata have changed since.
  var currentHeader: String? {
    let said = (header.flatMap { try? NotebookHeader.metadata(in: $0) } ?? nil) ?? [:]
    let own = scriptMetadata(unless: said)
    if own == said { return header }
    return NotebookHeader.header(header, with: own)
  }

  /// The metadata without what a run leaves behind, which belongs to its outputs, and without what every notebook of
  /// Lunette's says, unless the header said it before.
  private func scriptMetadata(unless said: JSON.Object) -> JSON.Object {
    var own = metadata
    if said["papermill"] == nil { own["papermill"] = nil }
    // Notebook files want a name to display, which the header may have left out.
    if said["kernelspec"]?["display_name"] == nil, said["kernelspec"] != nil,
      var kernel = own["kernelspec"]?.object,
      kernel["display_name"] == kernel.kernelTitle
    {
      kernel["display_name"] = nil
      own["kernelspec"] = .object(kernel)
    }
    if own["kernelspec"]?["name"]?.string == "lunette" {
      var rest = own
      for name in ["kernelspec", "language_info"] where said[name] == nil { rest[name] = nil }
      // A header that is needed anyway says all, so that other programs know the kernel.
      if rest.isEmpty || !said.isEmpty { own = rest }
    }
    return own
  }
}
