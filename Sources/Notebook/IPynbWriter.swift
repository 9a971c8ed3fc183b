import Encoding

extension Document {
  /// The document as a Jupyter notebook (nbformat 4.5), written as Jupyter itself writes it: members sorted,
  /// one space of indentation, text broken into lines.
  public func ipynb() -> String {
    var document = self
    document.nameCells()
    var metadata = metadata
    if metadata["kernelspec"] == nil {
      metadata["kernelspec"] = ["display_name": "Lunette", "language": "lua", "name": "lunette"]
      metadata["language_info"] = metadata["language_info"] ?? ["name": "lua"]
    }
    let root: JSON = [
      "cells": .array(document.cells.map(\.ipynb)), "metadata": .object(metadata), "nbformat": 4,
      "nbformat_minor": 5,
    ]
    return root.text(indent: 1) + "\n"
  }
}

extension Cell {
  fileprivate var ipynb: JSON {
    var object: JSON.Object = [:]
    object["attachments"] = attachments
    object["cell_type"] = .string(kind.rawValue)
    if kind == .code { object["execution_count"] = executionCount.map(JSON.number) ?? .null }
    object["id"] = .string(id)
    object["metadata"] = .object(metadata)
    if kind == .code { object["outputs"] = .array(outputs.map { $0.ipynb(executionCount) }) }
    object["source"] = .lines(of: source)
    return .object(object)
  }
}

extension Output {
  fileprivate func ipynb(_ executionCount: Int?) -> JSON {
    switch self {
    case .stream(let stream, let text):
      return ["name": .string(stream.rawValue), "output_type": "stream", "text": .lines(of: text)]
    case .display(let bundle, let metadata):
      return ["data": bundle.ipynb, "metadata": .object(metadata), "output_type": "display_data"]
    case .result(let bundle, let metadata):
      return [
        "data": bundle.ipynb, "execution_count": executionCount.map(JSON.number) ?? .null,
        "metadata": .object(metadata), "output_type": "execute_result",
      ]
    case .error(let failure):
      return [
        "ename": .string(failure.name), "evalue": .string(failure.message), "output_type": "error",
        "traceback": .array(failure.traceback.map(JSON.string)),
      ]
    }
  }
}

extension MIMEBundle {
  fileprivate var ipynb: JSON {
    var data: JSON.Object = [:]
    for type in types.sorted() {
      guard let content = self[type] else { continue }
      if let text = content.text, !Self.isBinary(type) {
        let isJSON = type == "application/json" || type.hasSuffix("+json")
        data[type] = (isJSON ? try? JSON(parsing: text) : nil) ?? .lines(of: text)
      } else {
        data[type] = .string(Base64.encode(content.bytes))
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
