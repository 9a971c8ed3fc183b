import Platform

/// Text in files.
enum TextFile {
  /// The text of a file; nil where it cannot be read.
  static func read(_ path: String) -> String? {
    (try? FileBytes.read(path, isRegular: false)).map { String(decoding: $0, as: UTF8.self) }
  }

  /// What was there stays until the new text is complete.
  static func write(_ text: String, to path: String) throws {
    do { try WholeFile.write(text, to: path) } catch { throw ScriptingError(error.description) }
  }
}
