import Encoding

extension Document {
  /// The document as a Jupyter notebook (nbformat 4), written as Jupyter itself writes it: members sorted,
  /// one space of indentation, text broken into lines. How the script was laid out stands in metadata where it is not
  /// what `percent()` would write anyway, so that the way back gives the same script.
  public func ipynb() -> String {
    var document = self
    document.nameCells()
    var metadata = metadata
    metadata["lunette"] = layoutMetadata
    if metadata["kernelspec"] == nil {
      metadata["kernelspec"] = ["display_name": "Lunette", "language": "lua", "name": "lunette"]
      metadata["language_info"] = metadata["language_info"] ?? ["name": "lua"]
    } else if header != nil, var kernel = metadata["kernelspec"]?.object, kernel["display_name"] == nil {
      kernel["display_name"] = kernel.kernelTitle
      metadata["kernelspec"] = .object(kernel)
    }
    var root: JSON.Object = otherMembers
    let layouts = document.cellLayouts
    root["cells"] = .array(
      zip(document.cells, layouts).map { cell, layout in
        cell.ipynb(hasID: formatMinor >= 5 || cell.hasOwnID, layout: layout)
      })
    root["metadata"] = .object(metadata)
    root["nbformat"] = 4
    root["nbformat_minor"] = .number(formatMinor)
    return JSON.object(root.sorted).text(indent: 1) + "\n"
  }
}

extension JSON.Object {
  /// What a kernel of this description is called where nobody says.
  var kernelTitle: JSON { self["name"] ?? "Lunette" }

  fileprivate var sorted: JSON.Object {
    var object = JSON.Object()
    for (key, value) in members.sorted(by: { $0.0 < $1.0 }) { object[key] = value }
    return object
  }
}

extension Cell {
  fileprivate func ipynb(hasID: Bool, layout: JSON?) -> JSON {
    var object = otherMembers
    object["attachments"] = attachments
    object["cell_type"] = .string(typeName ?? kind.rawValue)
    if kind == .code { object["execution_count"] = executionCount.map(JSON.number) ?? .null }
    if hasID { object["id"] = .string(id) }
    var metadata = metadata
    metadata["lunette"] = layout
    object["metadata"] = .object(metadata)
    if kind == .code { object["outputs"] = .array(outputs.map { $0.ipynb(executionCount) }) }
    object["source"] = .lines(of: source)
    return .object(object.sorted)
  }
}

extension Output {
  /// As notebook files and Jupyter's messages have it.
  func ipynb(_ executionCount: Int?) -> JSON {
    switch self {
    case .stream(let stream, let text):
      return ["name": .string(stream.rawValue), "output_type": "stream", "text": .lines(of: text)]
    case .display(let bundle, let metadata):
      return ["data": bundle.notebookJSON, "metadata": .object(metadata), "output_type": "display_data"]
    case .result(let bundle, let metadata):
      return [
        "data": bundle.notebookJSON, "execution_count": executionCount.map(JSON.number) ?? .null,
        "metadata": .object(metadata), "output_type": "execute_result",
      ]
    case .error(let failure):
      return [
        "ename": .string(failure.name), "evalue": .string(failure.message), "output_type": "error",
        "traceback": .array(failure.traceback.map(JSON.string)),
      ]
    case .other(let json): return json
    }
  }
}

extension MIMEBundle {
  /// As notebook files have it: text as a list of lines.
  var notebookJSON: JSON { json(linesOf: JSON.lines(of:)) }

  /// As Jupyter's messages have it: text in one piece, bytes in base64.
  public var json: JSON { json(linesOf: JSON.string) }

  private func json(linesOf string: (String) -> JSON) -> JSON {
    var data: JSON.Object = [:]
    for type in types.sorted(by: { $0.name < $1.name }) {
      guard let content = self[type] else { continue }
      if let text = content.text, !type.isBinary {
        data[type.name] = (type.isJSON ? try? JSON(parsing: text) : nil) ?? string(text)
      } else {
        data[type.name] = .string(Base64.encode(content.bytes))
      }
    }
    return .object(data)
  }
}

extension JSON {
  /// Text as a list of lines that keep their line breaks.
  fileprivate static func lines(of text: String) -> JSON {
    var lines: [JSON] = []
    var line = ""
    for scalar in text.unicodeScalars {
      line.unicodeScalars.append(scalar)
      if scalar == "\n" {
        lines.append(.string(line))
        line = ""
      }
    }
    if !line.isEmpty { lines.append(.string(line)) }
    return .array(lines)
  }
}
