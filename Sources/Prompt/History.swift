import Glibc
import Platform

/// What was entered, in this session and before. Each entry is a line of the file, with its line breaks as `\n`.
struct History {
  private(set) var entries: [String] = []
  private let path: String?
  private static let limit = 10_000

  /// - Parameter path: the file; nil keeps the history in memory only.
  init(path: String?) {
    self.path = path
    guard let path, let bytes = try? FileBytes.read(path) else { return }
    let lines = bytes.split(separator: 0x0A).suffix(Self.limit)
    entries = lines.map { Self.unescaped(String(decoding: $0, as: UTF8.self)) }
  }

  /// Adds an entry, unless it is the last one again.
  mutating func add(_ entry: String) {
    guard !entry.allSatisfy(\.isWhitespace), entry != entries.last else { return }
    entries.append(entry)
    guard let path else { return }
    try? Folder.make(Folder.parent(of: path), mode: 0o700)
    // In one call, so that prompts side by side do not mix their lines.
    let file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
    guard file >= 0 else { return }
    fchmod(file, 0o600)
    let line = Array((Self.escaped(entry) + "\n").utf8)
    let size = lseek(file, 0, SEEK_END)
    let written = Glibc.write(file, line, line.count)
    // A full disk leaves no half of a line, which the next one would go on.
    if written > 0, written < line.count, size >= 0 { ftruncate(file, size) }
    close(file)
  }

  /// The latest entry before `index` that contains the text.
  func search(_ text: String, before index: Int) -> Int? {
    guard !text.isEmpty else { return nil }
    return entries[..<min(index, entries.count)].lastIndex { $0.contains(text) }
  }

  /// `$XDG_STATE_HOME/lunette/history`.
  static var defaultPath: String? { Environment.stateFolder.map { $0 + "/history" } }

  private static func escaped(_ text: String) -> String {
    text.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
  }

  private static func unescaped(_ text: String) -> String {
    var result = ""
    var isEscape = false
    for character in text {
      if isEscape {
        result.append(character == "n" ? "\n" : character)
        isEscape = false
      } else if character == "\\" {
        isEscape = true
      } else {
        result.append(character)
      }
    }
    return result
  }
}
