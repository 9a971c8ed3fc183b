import CPlatform
import Glibc

/// Folders on disk, and the parts of paths.
public enum Folder {
  /// Makes a folder and those above it.
  public static func make(_ path: String, mode: mode_t = 0o777) throws(FileError) {
    var built = path.hasPrefix("/") ? "" : "."
    for part in path.split(separator: "/") {
      built += "/" + part
      guard mkdir(built, mode) == 0 || errno == EEXIST || errno == EROFS && exists(built) else {
        throw .last(path)
      }
    }
    guard exists(path) else { throw FileError(path, .system(ENOTDIR)) }
  }

  /// Makes a folder and those above it, or finds one, that this process may put files into.
  public static func makeWritable(_ path: String) throws(FileError) {
    try make(path)
    guard access(path, W_OK | X_OK) == 0 else { throw .last(path) }
  }

  /// A new folder, of a name that nobody else has, for this user alone.
  ///
  /// - Parameter path: where it lies and how its name begins.
  public static func makeUnique(_ path: String) throws(FileError) -> String {
    var name = Array("\(path)XXXXXX".utf8CString)
    let isMade = name.withUnsafeMutableBufferPointer { $0.baseAddress.map { mkdtemp($0) != nil } ?? false }
    guard isMade else { throw .last(path) }
    return String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Puts a folder that is complete in the place of another, in one step where the system can: there is always one of the two.
  /// What was there is removed.
  public static func replace(_ folder: String, by draft: String) throws(FileError) {
    synchronize(draft)
    // Enough where there is nothing, or an empty folder.
    if rename(draft, folder) == 0 { return synchronize(parent(of: folder)) }
    guard errno == ENOTEMPTY || errno == EEXIST else { throw .last(folder) }
    if cp_exchange(draft, folder) == 0 {
      synchronize(parent(of: folder))
      remove(draft)
      return
    }
    guard errno == EINVAL || errno == ENOSYS || errno == EPERM else { throw .last(folder) }
    // The second best: the old one is moved away, and comes back if the new one cannot have its place.
    let old = try makeUnique("\(parent(of: folder))/.\(name(of: folder)).")
    guard rename(folder, old) == 0 else {
      let failure = FileError.last(folder)
      remove(old)
      throw failure
    }
    guard rename(draft, folder) == 0 else {
      let failure = FileError.last(folder)
      _ = rename(old, folder)
      throw failure
    }
    synchronize(parent(of: folder))
    remove(old)
  }

  /// Removes a file or a folder with everything in it; links themselves, never what they lead to.
  public static func remove(_ path: String) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return }
    if status.st_mode & S_IFMT == S_IFDIR {
      for name in names(in: path) { remove("\(path)/\(name)") }
      rmdir(path)
    } else {
      unlink(path)
    }
  }

  public static func exists(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// Sorted, those included that hide; nothing where the folder cannot be read.
  public static func names(in folder: String) -> [String] {
    guard let stream = opendir(folder) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// Asks the system to keep on the disk which files the folder has. Not every file system can; then it does it in its own time.
  public static func synchronize(_ folder: String) {
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
  }

  /// Asks the system to keep on the disk all that was written to the file system of a file that is open.
  public static func synchronizeFileSystem(of descriptor: Int32) { cp_synchronize_file_system(descriptor) }

  // MARK: Paths

  /// The path from the root, so that it means the same everywhere.
  public static func absolute(_ path: String) -> String {
    guard !path.hasPrefix("/"), let folder = getcwd(nil, 0) else { return path }
    defer { free(folder) }
    return "\(String(cString: folder))/\(path)"
  }

  /// The last part of a path.
  public static func name(of path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }

  /// The folder that a path names something in.
  public static func parent(of path: String) -> String {
    path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
  }

  /// The last part of a path without its ending: `Scripts/daam.lua` is called `daam`.
  public static func stem(of path: String) -> String {
    let name = name(of: path)
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return name }
    return String(name[..<dot])
  }

  /// The path with another ending: `a/b.lua` as `a/b.ipynb`.
  public static func path(_ path: String, ending: String) -> String {
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    return "\(folder)\(stem(of: path)).\(ending)"
  }
}
