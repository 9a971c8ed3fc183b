import Encoding

/// The YAML header of a script, as far as jupytext writes it: `jupyter:` and below it nested maps of scalars, or its
/// value as JSON, which is YAML too.
enum NotebookHeader {
  /// The notebook's metadata that the header holds; nil where it holds none, or YAML of another kind.
  static func metadata(in header: String) -> JSON.Object? {
    var lines = header.lines().filter { !$0.isBlank }[...]
    while let line = lines.popFirst() {
      guard line.hasPrefix("jupyter:") else { continue }
      let value = line.dropFirst(8).trimmingSpace()
      if !value.isEmpty { return (try? JSON(parsing: value, allowing: .python))?.object }
      return map(&lines, indent: lines.first.map(indentation) ?? 0)
    }
    return nil
  }

  private static func map(_ lines: inout ArraySlice<Substring>, indent: Int) -> JSON.Object? {
    guard indent > 0 else { return nil }
    var object = JSON.Object()
    while let line = lines.first, indentation(line) == indent {
      lines.removeFirst()
      guard let colon = line.firstIndex(of: ":") else { return nil }
      let key = line[..<colon].trimmingSpace().trimmingQuotes()
      let value = line[line.index(after: colon)...].trimmingSpace()
      if value.isEmpty, let next = lines.first, indentation(next) > indent {
        guard let inner = map(&lines, indent: indentation(next)) else { return nil }
        object[key] = .object(inner)
      } else {
        object[key] = (try? JSON(parsing: value)) ?? .string(value.trimmingQuotes())
      }
    }
    return object
  }

  private static func indentation(_ line: Substring) -> Int { line.prefix { $0 == " " }.count }
}

extension Document {
  /// The metadata of a notebook that a script would lose otherwise; nil for what every notebook of Lunette's says.
  var headerOfMetadata: String? {
    var own = metadata
    // What a run leaves behind belongs to its outputs.
    own["papermill"] = nil
    if own["kernelspec"]?["name"]?.string == "lunette" {
      own["kernelspec"] = nil
      own["language_info"] = nil
    }
    var kept = metadata
    kept["papermill"] = nil
    return own.isEmpty ? nil : "jupyter: \(JSON.object(kept).text())"
  }
}
