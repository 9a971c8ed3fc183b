import Platform

/// Text in files.
enum TextFile {
  /// What is made of a text takes several times its size: more than that is not meant to be one.
  private static let largest = 1 << 28

  static func read(_ path: String) throws(FileError) -> String {
    String(decoding: try FileBytes.read(path, isRegular: false, limit: largest), as: UTF8.self)
  }

  /// What was there stays until the new text is complete.
  static func write(_ text: String, to path: String) throws {
    do { try WholeFile.write(text, to: path) } catch { throw ScriptingError(error.description) }
  }
}
