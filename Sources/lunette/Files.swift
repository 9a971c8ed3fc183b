import Glibc

/// Reading and writing, with errors that name the file; without `Foundation`, which would double the start-up time.
enum Files {
  static func read(_ path: String) throws -> [UInt8] {
    guard let file = fopen(path, "rb") else { throw failure(path) }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { bytes += chunk[..<count] }
    guard ferror(file) == 0 else { throw failure(path) }
    return bytes
  }

  /// Writes a file beside its place and moves it there, so that a reader never sees half of it.
  static func write(_ bytes: [UInt8], to path: String) throws {
    let draft = path + ".part"
    guard let file = fopen(draft, "wb") else { throw failure(path) }
    let isWritten = fwrite(bytes, 1, bytes.count, file) == bytes.count
    guard fclose(file) == 0, isWritten, rename(draft, path) == 0 else {
      let error = failure(path)
      unlink(draft)
      throw error
    }
  }

  /// Makes a folder and those above it.
  static func makeFolder(_ path: String) throws {
    var built = path.hasPrefix("/") ? "" : "."
    for part in path.split(separator: "/") {
      built += "/" + part
      guard mkdir(built, 0o777) == 0 || errno == EEXIST else { throw failure(path) }
    }
    guard isFolder(path) else { throw CommandError("\(path): Not a directory") }
    guard access(path, W_OK | X_OK) == 0 else { throw failure(path) }
  }

  static func exists(_ path: String) -> Bool { access(path, R_OK) == 0 }

  static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// The last part of a path.
  static func name(of path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }

  /// The folder that a path with a slash names something in.
  static func parent(of path: String) -> String {
    path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
  }

  /// `Scripts/daam.lua` is called `daam`.
  static func stem(of path: String) -> String {
    let name = name(of: path)
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return name }
    return String(name[..<dot])
  }

  private static func failure(_ path: String) -> CommandError {
    CommandError("\(path): \(String(cString: strerror(errno)))")
  }
}
