import Notebook
import Platform

extension Document {
  /// Reads a notebook, by the end of its name.
  ///
  /// - Throws: `FileError`, or `RunError` that names the file.
  public init(file: String) throws {
    try self.init(FileBytes.read(file, isRegular: false), file: file)
  }

  /// - Parameter file: where the bytes come from: its ending tells the format, and errors name it.
  init(_ bytes: [UInt8], file: String) throws {
    do {
      if file.hasSuffix(".ipynb") {
        try self.init(ipynb: bytes)
      } else if let text = String(validating: bytes, as: UTF8.self) {
        try self.init(percent: text)
      } else {
        throw NotebookError("not a text file in UTF-8")
      }
    } catch let error as NotebookError {
      throw RunError("\(file): \(error.message)")
    }
  }

  /// The language that it says its cells are in, if that is not Lua.
  var foreignLanguage: String? {
    let said = metadata["language_info"]?["name"] ?? metadata["kernelspec"]?["language"]
    return said?.string.flatMap { $0.lowercased() == "lua" ? nil : $0 }
  }

  /// The place of a cell by its number (from 1), its id or its title.
  func index(ofCell name: String) throws -> Int {
    if let number = Int(name), cells.indices.contains(number - 1) { return number - 1 }
    if let index = cells.firstIndex(where: { $0.id == name || $0.title == name }) { return index }
    throw RunError("--from \(name): there is no such cell; numbers go from 1 to \(cells.count)")
  }
}

extension ParameterSlips {
  static func warning(unknown name: String) -> String {
    "warning: --set \(name): the parameters cell has no such variable"
  }
}
