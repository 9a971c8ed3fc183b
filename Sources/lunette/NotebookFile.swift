import Notebook

/// Notebooks on disk, in both formats.
enum NotebookFile {
  /// Reads a notebook, by the end of its name.
  static func read(_ path: String) throws -> Document {
    let bytes = try Files.read(path)
    do {
      if path.hasSuffix(".ipynb") { return try Document(ipynb: bytes) }
      guard let text = String(validating: bytes, as: UTF8.self) else {
        throw NotebookError("not a text file in UTF-8")
      }
      return try Document(percent: text)
    } catch let error as NotebookError {
      throw CommandError("\(path): \(error.message)")
    }
  }

  /// Writes text to a file, or to stdout for `-`.
  static func write(_ text: String, to path: String) throws {
    if path == "-" { return Terminal.print(text) }
    try Files.write(Array(text.utf8), to: path)
  }

  /// The path with another ending: `a/b.lua` as `a/b.ipynb`.
  static func path(_ path: String, ending: String) -> String {
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    return "\(folder)\(Files.stem(of: path)).\(ending)"
  }
}
