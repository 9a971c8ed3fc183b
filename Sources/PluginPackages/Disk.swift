import Glibc
import Platform

/// Folders on disk, read and written whole.
public enum Disk {
  /// Everything below a folder that does not hide. Links are refused, as they may lead anywhere.
  public static func read(_ folder: String) throws -> FileTree {
    var tree = FileTree()
    var total = 0
    var pending = [""]
    while let relative = pending.popLast() {
      let path = relative.isEmpty ? folder : "\(folder)/\(relative)"
      guard isFolder(path) else { throw PluginError("\(path): no folder") }
      for name in names(in: path) {
        let inner = relative.isEmpty ? name : "\(relative)/\(name)"
        var status = stat()
        guard lstat("\(folder)/\(inner)", &status) == 0 else { throw failure("\(folder)/\(inner)") }
        switch status.st_mode & S_IFMT {
        case S_IFDIR: pending.append(inner)
        case S_IFREG:
          total += Int(status.st_size)
          guard total <= FileTree.largest else {
            throw PluginError("\(folder): it has more than \(FileTree.largest >> 20) MiB")
          }
          try tree.add(inner, readFile("\(folder)/\(inner)"), isFolder: false)
        default: throw PluginError("\(folder): it contains '\(inner)', which is a link or a device")
        }
      }
    }
    return tree
  }

  public static func readFile(_ path: String) throws -> [UInt8] {
    try worded { () throws(FileError) in try FileBytes.read(path, limit: FileTree.largest) }
  }

  /// Writes a new folder beside its place, and puts it there when it is whole: there is always the old one or the new one.
  static func write(_ tree: FileTree, to folder: String) throws {
    try worded { () throws(FileError) in
      let draft = try Folder.makeUnique("\(Folder.parent(of: folder))/.\(Folder.name(of: folder)).")
      defer { Folder.remove(draft) }
      chmod(draft, 0o755)
      for (path, bytes) in tree.files.sorted(by: { $0.key < $1.key }) {
        let file = "\(draft)/\(path)"
        try Folder.make(Folder.parent(of: file), mode: 0o755)
        try WholeFile.write(bytes, to: file)
      }
      try Folder.replace(folder, by: draft)
    }
  }

  public static func writeFile(_ bytes: [UInt8], to path: String) throws {
    try worded { () throws(FileError) in try WholeFile.write(bytes, to: path) }
  }

  public static func makeFolder(_ path: String) throws {
    try worded { () throws(FileError) in try Folder.make(path, mode: 0o755) }
  }

  public static func remove(_ path: String) { Folder.remove(path) }

  public static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  public static func isFolder(_ path: String) -> Bool { Folder.exists(path) }

  /// Sorted, without what hides; nothing where the folder cannot be read.
  public static func names(in folder: String) -> [String] {
    Folder.names(in: folder).filter { !$0.hasPrefix(".") }
  }

  static func parent(of path: String) -> String { Folder.parent(of: path) }

  static func failure(_ path: String) -> PluginError { PluginError(FileError.last(path).description) }

  private static func worded<R>(_ body: () throws(FileError) -> R) throws -> R {
    do { return try body() } catch { throw PluginError(error.description) }
  }
}
