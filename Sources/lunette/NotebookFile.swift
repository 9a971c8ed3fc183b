import ArgumentParser
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

  /// Checks that the name of an output does not promise another format than it gets.
  ///
  /// - Parameter formats: the endings that may be; `-` for stdout and names without ending may be too, unless
  ///   `needsEnding`.
  static func validate(output: String?, formats: [String], needsEnding: Bool = false) throws {
    guard let output else { return }
    let name = output.split(separator: "/").last ?? ""
    let ending = name.lastIndex(of: ".").map { name[$0...].dropFirst().lowercased() }
    if let ending, formats.contains(ending) { return }
    guard needsEnding || ending != nil else { return }
    let wanted = formats.map { ".\($0)" }.joined(separator: " or ")
    throw ValidationError("--output \(output): what is written here ends in \(wanted)")
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
