import Platform
import PluginPackages

/// File names within quotes.
enum FileCompletion {
  /// - Parameter start: where the text within the quotes begins.
  static func complete(_ bytes: [UInt8], from start: Int, _ cursor: Int) -> Completion {
    let typed = String(decoding: bytes[min(start, cursor)..<cursor], as: UTF8.self)
    let slash = typed.lastIndex(of: "/")
    let folder = slash.map { String(typed[...$0]) } ?? ""
    let prefix = slash.map { String(typed[typed.index(after: $0)...]) } ?? typed
    let place = expanded(folder.isEmpty ? "./" : folder)
    let names = Disk.names(in: place).filter { $0.hasPrefix(prefix) }.sorted()
    return Completion(
      range: cursor - prefix.utf8.count..<cursor,
      candidates: names.map { Folder.exists(place + $0) ? $0 + "/" : $0 })
  }

  private static func expanded(_ path: String) -> String {
    guard path.hasPrefix("~/"), let home = Environment["HOME"] else { return path }
    return home + path.dropFirst()
  }
}
