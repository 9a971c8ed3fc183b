import Glibc
import Platform

/// Reading and writing, with errors that name the file; without `Foundation`, which would double the start-up time.
enum Files {
  /// All bytes of a file, or of a pipe.
  static func read(_ path: String) throws -> [UInt8] {
    do { return try FileBytes.read(path, isRegular: false) } catch { throw CommandError(error.description) }
  }

  /// Writes a file whole or not at all.
  static func write(_ bytes: [UInt8], to path: String) throws {
    do { try WholeFile.write(bytes, to: path) } catch { throw CommandError(error.description) }
  }

  /// Makes a folder and those above it.
  static func makeFolder(_ path: String) throws {
    do { try Folder.make(path) } catch { throw CommandError(error.description) }
    guard access(path, W_OK | X_OK) == 0 else { throw CommandError(FileError.last(path).description) }
  }

  static func exists(_ path: String) -> Bool { access(path, R_OK) == 0 }

  static func isFolder(_ path: String) -> Bool { Folder.exists(path) }

  /// The last part of a path.
  static func name(of path: String) -> String { Folder.name(of: path) }

  /// The folder that a path with a slash names something in.
  static func parent(of path: String) -> String { Folder.parent(of: path) }

  /// `Scripts/daam.lua` is called `daam`.
  static func stem(of path: String) -> String {
    let name = name(of: path)
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return name }
    return String(name[..<dot])
  }
}
