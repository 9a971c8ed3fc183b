import Glibc

/// Writes text to files.
enum TextFile {
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
