import Glibc
import Platform

/// O_PATH, which C headers show on request only: a place to look from, without reading it.
private let lookUp: Int32 = 0o10000000

/// Which files may be opened. What counts is where a file lies, not how its path is written: the folder is opened first
/// (links and `..` resolved by the kernel), then walked up until it meets one that is allowed; the file itself is opened
/// in it and must not be a link.
struct FileAccess: Sendable {
  enum Use: Sendable { case reading, writing }

  /// Folders below which files may be read, nil for everywhere.
  var readable: [String]?
  /// Folders below which files may be written, nil for everywhere.
  var writable: [String]?
  /// Whom errors speak of: "the plugin 'daam'".
  var subject = ""

  static let unrestricted = FileAccess()

  /// Throws unless the file may be opened so.
  func check(_ path: String, for use: Use) throws {
    guard folders(for: use) != nil else { return }
    let place = try locate(path, for: use)
    defer { close(place.folder) }
    var status = stat()
    guard fstatat(place.folder, place.name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return }
    if status.st_mode & S_IFMT == S_IFLNK { throw refusal(path, "is a symbolic link") }
    if use == .writing { try refuseOtherNames(path, status) }
  }

  /// A file with several names is also a file elsewhere.
  private func refuseOtherNames(_ path: String, _ status: stat) throws {
    guard status.st_mode & S_IFMT == S_IFREG, status.st_nlink > 1 else { return }
    throw refusal(
      path, "is a file that has another name as well (a hard link): \(subject) may not write to it")
  }

  /// Throws unless a folder may be made here, with those above it that are missing: the nearest one that is there decides.
  func checkNewFolder(_ path: String) throws {
    guard let writable else { return }
    var parts = path.split(separator: "/", omittingEmptySubsequences: true)
    let start = path.hasPrefix("/") ? "/" : "./"
    while true {
      let folder = Glibc.open(start + parts.joined(separator: "/"), lookUp | O_DIRECTORY | O_CLOEXEC)
      if folder >= 0 {
        defer { close(folder) }
        guard Self.isBelow(folder, writable) else { throw refusal(path, for: .writing) }
        return
      }
      // Of what is not there nobody knows what is above it.
      guard errno == ENOENT, let last = parts.popLast(), last != ".." else {
        throw refusal(path, for: .writing)
      }
    }
  }

  /// Throws unless the file, or the folder with what is in it, may be read.
  func checkPlace(_ path: String) throws {
    guard let readable else { return }
    let folder = Glibc.open(path, lookUp | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else {
      guard errno == ENOTDIR else { throw failure(path) }
      return try check(path, for: .reading)
    }
    defer { close(folder) }
    guard Self.isBelow(folder, readable) else { throw refusal(path, for: .reading) }
  }

  /// Opens a regular file. The descriptor is the caller's to close.
  func open(_ path: String, flags: Int32, for use: Use) throws -> Int32 {
    guard folders(for: use) != nil else {
      let file = Glibc.open(path, flags | O_CLOEXEC, 0o666)
      guard file >= 0 else { throw failure(path) }
      return file
    }
    let place = try locate(path, for: use)
    defer { close(place.folder) }
    // Not blocking, as what waits to be opened may be a pipe that nobody ever writes to.
    // It is emptied when it is known to be what it should be.
    let file = openat(
      place.folder, place.name, flags & ~O_TRUNC | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0o666)
    guard file >= 0 else {
      throw errno == ELOOP ? refusal(path, "is a symbolic link") : failure(path)
    }
    var status = stat()
    guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(file)
      throw refusal(path, "is not a regular file")
    }
    do {
      if use == .writing { try refuseOtherNames(path, status) }
      if flags & O_TRUNC != 0, ftruncate(file, 0) != 0 { throw failure(path) }
      return file
    } catch {
      close(file)
      throw error
    }
  }

  /// A whole text file.
  func read(_ path: String) throws -> [UInt8] {
    let file = try open(path, flags: O_RDONLY, for: .reading)
    defer { close(file) }
    do { return try FileBytes.read(file, path) } catch { throw ScriptingError(error.description) }
  }

  // MARK: Where things lie

  private func folders(for use: Use) -> [String]? { use == .reading ? readable : writable }

  private func locate(_ path: String, for use: Use) throws -> (folder: Int32, name: String) {
    guard !path.utf8.contains(0) else { throw ScriptingError("a path with a zero byte") }
    let slash = path.lastIndex(of: "/")
    let name = slash.map { String(path[path.index(after: $0)...]) } ?? path
    guard !name.isEmpty, name != ".", name != ".." else { throw refusal(path, "names no file") }
    let above = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    let folder = Glibc.open(above, lookUp | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else {
      // Whether something is there is nothing to be told about places that are not allowed.
      throw errno == ENOENT ? failure(path) : refusal(path, for: use)
    }
    guard Self.isBelow(folder, folders(for: use) ?? ["/"]) else {
      close(folder)
      throw refusal(path, for: use)
    }
    return (folder, name)
  }

  private struct Identity: Hashable {
    let device: dev_t
    let node: ino_t

    init?(path: String) {
      var status = stat()
      guard stat(path, &status) == 0 else { return nil }
      (device, node) = (status.st_dev, status.st_ino)
    }

    init?(descriptor: Int32) {
      var status = stat()
      guard fstat(descriptor, &status) == 0 else { return nil }
      (device, node) = (status.st_dev, status.st_ino)
    }
  }

  private static func isBelow(_ folder: Int32, _ allowed: [String]) -> Bool {
    let allowed = Set(allowed.compactMap { Identity(path: $0) })
    var current = dup(folder)
    defer { close(current) }
    var seen: Identity?
    for _ in 0..<256 {
      guard let identity = Identity(descriptor: current) else { return false }
      if allowed.contains(identity) { return true }
      if identity == seen { return false }  // the root is its own parent
      seen = identity
      let parent = openat(current, "..", lookUp | O_DIRECTORY | O_CLOEXEC)
      guard parent >= 0 else { return false }
      close(current)
      current = parent
    }
    return false
  }

  // MARK: Errors

  private func failure(_ path: String) -> ScriptingError {
    ScriptingError("\(path): \(String(cString: strerror(errno)))")
  }

  private func refusal(_ path: String, _ what: String) -> ScriptingError {
    ScriptingError("\(path): \(what)")
  }

  private func refusal(_ path: String, for use: Use) -> ScriptingError {
    let places = folders(for: use) ?? []
    let verb = use == .reading ? "read" : "write"
    guard !places.isEmpty else { return ScriptingError("\(path): \(subject) may not \(verb) files here") }
    return ScriptingError("\(path): \(subject) may only \(verb) below \(places.joined(separator: " and "))")
  }
}
