import Glibc

/// Writes text to files.
enum TextFile {
  /// The text of a file; nil where it cannot be read.
  static func read(_ path: String) -> String? {
    guard let file = fopen(path, "rb") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { bytes += chunk[..<count] }
    return String(decoding: bytes, as: UTF8.self)
  }

  static func write(_ text: String, to path: String) throws {
    func failure() -> ScriptingError { ScriptingError("\(path): \(String(cString: strerror(errno)))") }
    guard let file = fopen(path, "wb") else { throw failure() }
    var text = text
    let written = text.withUTF8 { fwrite($0.baseAddress, 1, $0.count, file) == $0.count }
    let reason = failure()
    guard fclose(file) == 0 else { throw failure() }
    if !written { throw reason }
  }
}
