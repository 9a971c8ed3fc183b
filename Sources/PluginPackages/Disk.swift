import Glibc

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
        default: throw PluginError("\(folder): it contains '\(inner.escaped)', which is a link or a device")
        }
      }
    }
    return tree
  }

  public static func readFile(_ path: String) throws -> [UInt8] {
    let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard file >= 0 else { throw failure(path) }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw PluginError("\(path): no regular file")
    }
    guard status.st_size <= FileTree.largest else { throw PluginError("\(path): too large") }
    var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
    var filled = 0
    while filled < bytes.count {
      let count = bytes.withUnsafeMutableBytes {
        Glibc.read(file, $0.baseAddress?.advanced(by: filled), $0.count - filled)
      }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw count < 0 ? failure(path) : PluginError("\(path): it became shorter") }
      filled += count
    }
    return bytes
  }

  /// Writes a new folder beside its place, and moves it there when it is whole. What was there is replaced.
  static func write(_ tree: FileTree, to folder: String) throws {
    let draft = folder + ".part"
    remove(draft)
    do {
      for (path, bytes) in tree.files.sorted(by: { $0.key < $1.key }) {
        let file = "\(draft)/\(path)"
        try makeFolder(parent(of: file))
        try writeFile(bytes, to: file)
      }
      remove(folder)
      guard rename(draft, folder) == 0 else { throw failure(folder) }
    } catch {
      remove(draft)
      throw error
    }
  }

  public static func writeFile(_ bytes: [UInt8], to path: String) throws {
    let draft = path + ".part"
    guard let file = fopen(draft, "wbe") else { throw failure(path) }
    let isWritten = fwrite(bytes, 1, bytes.count, file) == bytes.count
    guard fclose(file) == 0, isWritten, rename(draft, path) == 0 else {
      let error = failure(path)
      unlink(draft)
      throw error
    }
  }

  public static func makeFolder(_ path: String) throws {
    var built = path.hasPrefix("/") ? "" : "."
    for part in path.split(separator: "/") {
      built += "/" + part
      guard mkdir(built, 0o755) == 0 || errno == EEXIST else { throw failure(path) }
    }
  }

  /// Removes a file or a folder with everything in it; links themselves, never what they lead to.
  public static func remove(_ path: String) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return }
    if status.st_mode & S_IFMT == S_IFDIR {
      for name in allNames(in: path) { remove("\(path)/\(name)") }
      rmdir(path)
    } else {
      unlink(path)
    }
  }

  public static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  public static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// Sorted, without what hides; nothing where the folder cannot be read.
  public static func names(in folder: String) -> [String] {
    allNames(in: folder).filter { !$0.hasPrefix(".") }.sorted()
  }

  private static func allNames(in folder: String) -> [String] {
    guard let stream = opendir(folder) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }

  static func parent(of path: String) -> String { path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "." }

  static func failure(_ path: String) -> PluginError {
    PluginError("\(path): \(String(cString: strerror(errno)))")
  }
}
