extension Document {
  /// Reads a Jupyter notebook (nbformat 4).
  public init(ipynb bytes: [UInt8]) throws {
    guard let root = try JSON(parsing: bytes).objectValue else {
      throw NotebookError("not a notebook: no JSON object")
    }
    guard let format = root["nbformat"]?.intValue else { throw NotebookError("not a notebook: no nbformat") }
    guard format == 4 else { throw NotebookError("nbformat \(format) cannot be read, only 4") }
    guard let cells = root["cells"]?.arrayValue else { throw NotebookError("not a notebook: no cells") }
    self.init(cells: [], metadata: root["metadata"]?.objectValue ?? [:])
    for (index, value) in cells.enumerated() {
      guard let object = value.objectValue, let cell = Cell(ipynb: object) else {
        throw NotebookError("cell \(index + 1) of the notebook cannot be read")
      }
      self.cells.append(cell)
    }
    nameCells()
  }
}

extension Cell {
  fileprivate init?(ipynb object: JSON.Object) {
    guard let name = object["cell_type"]?.stringValue, let kind = Kind(rawValue: name),
      let source = object["source"]?.joinedText
    else { return nil }
    self.init(
      id: object["id"]?.stringValue ?? "", kind: kind, source: source,
      metadata: object["metadata"]?.objectValue ?? [:])
    attachments = object["attachments"]
    executionCount = object["execution_count"]?.intValue
    outputs = (object["outputs"]?.arrayValue ?? []).compactMap { $0.objectValue.flatMap(Output.init(ipynb:)) }
  }
}

extension Output {
  fileprivate init?(ipynb object: JSON.Object) {
    let metadata = object["metadata"]?.objectValue ?? [:]
    switch object["output_type"]?.stringValue {
    case "stream":
      self = .stream(object["name"] == "stderr" ? .stderr : .stdout, object["text"]?.joinedText ?? "")
    case "display_data":
      self = .display(MIMEBundle(ipynb: object["data"]), metadata: metadata)
    case "execute_result":
      self = .result(MIMEBundle(ipynb: object["data"]), metadata: metadata)
    case "error":
      self = .error(
        Failure(
          name: object["ename"]?.stringValue ?? "Error", message: object["evalue"]?.stringValue ?? "",
          traceback: object["traceback"]?.arrayValue?.compactMap(\.stringValue) ?? []))
    default: return nil
    }
  }
}

extension MIMEBundle {
  fileprivate init(ipynb data: JSON?) {
    self.init()
    for (type, value) in data?.objectValue?.members ?? [] {
      guard let text = value.joinedText else {
        self[type] = .text(value.text())
        continue
      }
      self[type] = Self.isBinary(type) ? Base64.decode(text).map(Content.bytes) ?? .text(text) : .text(text)
    }
  }

  /// Whether notebook files hold the type in base64.
  static func isBinary(_ type: String) -> Bool {
    (type.hasPrefix("image/") && type != "image/svg+xml") || type.hasPrefix("audio/")
      || type.hasPrefix("video/")
      || type == "application/pdf" || type == "application/octet-stream"
  }
}

extension JSON {
  /// A string, or the lines into which notebook files break one.
  var joinedText: String? {
    switch self {
    case .string(let text): text
    case .array(let lines) where lines.allSatisfy({ $0.stringValue != nil }):
      lines.compactMap(\.stringValue).joined()
    default: nil
    }
  }
}
