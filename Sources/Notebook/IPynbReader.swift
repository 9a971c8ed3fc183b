import Encoding

extension Document {
  /// Reads a Jupyter notebook (nbformat 4).
  public init(ipynb bytes: [UInt8]) throws {
    guard let root = try Self.json(bytes).object else {
      throw NotebookError("not a notebook: no JSON object")
    }
    guard let format = root["nbformat"]?.int else { throw NotebookError("not a notebook: no nbformat") }
    guard format == 4 else { throw NotebookError("nbformat \(format) cannot be read, only 4") }
    guard let cells = root["cells"]?.array else { throw NotebookError("not a notebook: no cells") }
    self.init(cells: [], metadata: root["metadata"]?.object ?? [:])
    formatMinor = root["nbformat_minor"]?.int ?? 0
    for (key, value) in root.members where !["nbformat", "nbformat_minor", "cells", "metadata"].contains(key)
    {
      otherMembers[key] = value
    }
    restoreLayout()
    for (index, value) in cells.enumerated() {
      guard let object = value.object, let cell = Cell(ipynb: object) else {
        throw NotebookError("cell \(index + 1) of the notebook cannot be read")
      }
      self.cells.append(cell)
    }
    if formatMinor >= 5 { dropUnusableIDs() }
    nameCells()
  }

  /// Ids that another cell has already, or that the format does not allow, make a notebook invalid: those cells get others.
  private mutating func dropUnusableIDs() {
    var seen: Set<String> = []
    for index in cells.indices {
      let id = cells[index].id
      let isValid =
        (1...64).contains(id.utf8.count)
        && id.utf8.allSatisfy {
          (0x30...0x39).contains($0) || (0x61...0x7A).contains($0 | 0x20) || $0 == UInt8(ascii: "-")
            || $0 == UInt8(ascii: "_")
        }
      if !isValid || !seen.insert(id).inserted { cells[index].id = "" }
    }
  }

  private static func json(_ bytes: [UInt8]) throws -> JSON {
    do {
      return try JSON(parsing: bytes, allowing: .python)
    } catch let error as JSONError {
      throw NotebookError("not valid JSON: \(error.message) (line \(error.line))")
    }
  }
}

extension Cell {
  fileprivate init?(ipynb object: JSON.Object) {
    guard let name = object["cell_type"]?.string, let source = object["source"]?.joinedText else {
      return nil
    }
    let kind = Kind(rawValue: name)
    self.init(
      id: object["id"]?.string ?? "", kind: kind ?? .raw, source: source,
      metadata: object["metadata"]?.object ?? [:])
    if kind == nil { typeName = name }
    hasOwnID = object["id"] != nil
    var known: Set = ["cell_type", "source", "id", "metadata", "attachments"]
    if kind == .code { known.formUnion(["execution_count", "outputs"]) }
    for (key, value) in object.members where !known.contains(key) { otherMembers[key] = value }
    restoreLayout()
    attachments = object["attachments"]
    executionCount = object["execution_count"]?.int.flatMap { $0 >= 0 ? $0 : nil }
    if kind == .code { outputs = (object["outputs"]?.array ?? []).map(Output.init(ipynb:)) }
  }
}

extension Output {
  init(ipynb json: JSON) {
    let object = json.object ?? [:]
    let metadata = object["metadata"]?.object ?? [:]
    switch object["output_type"]?.string {
    case "stream":
      self = .stream(object["name"] == "stderr" ? .stderr : .stdout, object["text"]?.joinedText ?? "")
    case "display_data":
      self = .display(MIMEBundle(ipynb: object["data"]), metadata: metadata)
    case "execute_result":
      self = .result(MIMEBundle(ipynb: object["data"]), metadata: metadata)
    case "error":
      self = .error(
        Failure(
          name: object["ename"]?.string ?? "Error", message: object["evalue"]?.string ?? "",
          traceback: object["traceback"]?.array?.compactMap(\.string) ?? []))
    default: self = .other(json)
    }
  }
}

extension MIMEBundle {
  init(ipynb data: JSON?) {
    self.init()
    for (name, value) in (data?.object ?? [:]).members {
      let type = MIMEType(name)
      guard let text = value.joinedText else {
        self[type] = .text(value.text())
        continue
      }
      self[type] = type.isBinary ? Base64.decode(text).map(Content.bytes) ?? .text(text) : .text(text)
    }
  }
}

extension JSON {
  /// A string, or the lines into which notebook files break one.
  var joinedText: String? {
    switch self {
    case .string(let text): text
    case .array(let lines) where lines.allSatisfy({ $0.string != nil }):
      lines.compactMap(\.string).joined()
    default: nil
    }
  }
}
