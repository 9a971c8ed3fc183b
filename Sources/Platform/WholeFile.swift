import Glibc

/// A file that is written whole or not at all: what was there stays until the new one is complete and on the disk.
///
/// The bytes go into a draft beside the file (`.NAME.0123456789abcdef.part`), which takes the file's place when it is `commit`ted
/// and is removed when it is not. A link is followed: the file that it leads to is replaced. A pipe or a device is written to
/// directly, as there is nothing to keep.
public final class WholeFile {
  public let path: String
  /// Where the file lies, links resolved.
  private let target: String
  /// nil for what is written to directly.
  private let draft: String?
  private var descriptor: Int32

  /// Opens a draft for the file at `path`, which may exist or not.
  ///
  /// The new file has the old one's permissions, or those that the process gives to new files.
  public init(_ path: String) throws(FileError) {
    self.path = path
    target = try Self.resolve(path)
    var old = stat()
    let exists = stat(target, &old) == 0
    guard exists || errno == ENOENT else { throw .last(path) }
    if exists, old.st_mode & S_IFMT == S_IFDIR { throw FileError(path, .isFolder) }
    if exists, old.st_mode & S_IFMT != S_IFREG {
      draft = nil
      descriptor = open(target, O_WRONLY | O_CLOEXEC)
      guard descriptor >= 0 else { throw .last(path) }
      return
    }
    // A draft could be put in the place of a file that may not be written to.
    if exists, access(target, W_OK) != 0 { throw .last(path) }
    let draft = Self.draftName(for: target)
    descriptor = open(
      draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, exists ? old.st_mode & 0o777 : 0o666)
    guard descriptor >= 0 else { throw .last(path) }
    self.draft = draft
    if exists {
      // What cannot be had is left: the draft is ours, and as private as the file was.
      if old.st_uid != geteuid() || old.st_gid != getegid() { _ = fchown(descriptor, old.st_uid, old.st_gid) }
      _ = fchmod(descriptor, old.st_mode & 0o777)
    }
  }

  deinit { discard() }

  public func append(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    var written = 0
    while written < bytes.count {
      let count = Glibc.write(descriptor, bytes.baseAddress! + written, bytes.count - written)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw .last(path) }
      written += count
    }
  }

  public func append(_ bytes: [UInt8]) throws(FileError) {
    let failure = bytes.withUnsafeBytes { buffer -> FileError? in
      do throws(FileError) { try append(buffer) } catch { return error }
      return nil
    }
    if let failure { throw failure }
  }

  /// Puts the draft in the file's place.
  ///
  /// - Parameter synchronizes: waits until it is on the disk. Without, a power cut may leave what is neither the old nor the new file:
  ///   for those of which something that is written later says that they are whole.
  public func commit(synchronizes: Bool = true) throws(FileError) {
    defer { discard() }
    let file = descriptor
    if let draft {
      while synchronizes && fsync(file) != 0 { if errno != EINTR { throw .last(path) } }
      descriptor = -1
      guard close(file) == 0, rename(draft, target) == 0 else {
        let failure = FileError.last(path)
        unlink(draft)
        throw failure
      }
      if synchronizes { Folder.synchronize(Folder.parent(of: target)) }
    } else {
      descriptor = -1
      guard close(file) == 0 else { throw .last(path) }
    }
  }

  private func discard() {
    guard descriptor >= 0 else { return }
    close(descriptor)
    descriptor = -1
    if let draft { unlink(draft) }
  }

  /// Follows links, also one to a file that is not there yet.
  private static func resolve(_ path: String) throws(FileError) -> String {
    var place = path
    var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
    for _ in 0..<40 {
      let count = readlink(place, &buffer, buffer.count)
      guard count >= 0 else { return place }
      let link = String(decoding: buffer[..<count], as: UTF8.self)
      place = link.hasPrefix("/") ? link : "\(Folder.parent(of: place))/\(link)"
    }
    throw FileError(path, .system(ELOOP))
  }

  /// A name that nobody else has, in the same folder, as long as a name may be.
  private static func draftName(for target: String) -> String {
    var random = SystemRandomNumberGenerator()
    let digits = String(random.next() | 1 << 63, radix: 16)
    var name = Folder.name(of: target)
    while name.utf8.count > Int(NAME_MAX) - 23 { name.removeLast() }
    return "\(Folder.parent(of: target))/.\(name).\(digits)\(ending)"
  }

  private static let ending = ".part"

  /// Whether a name is that of a draft, which a program that was killed may have left.
  public static func isDraft(_ name: String) -> Bool {
    let parts = name.split(separator: ".")
    return name.hasPrefix(".") && name.hasSuffix(ending) && parts.count >= 3
      && parts[parts.count - 2].utf8.count == 16 && parts[parts.count - 2].allSatisfy(\.isHexDigit)
  }

  // MARK: In one step

  public static func write(_ bytes: [UInt8], to path: String) throws(FileError) {
    let file = try WholeFile(path)
    try file.append(bytes)
    try file.commit()
  }

  public static func write(_ text: String, to path: String) throws(FileError) {
    try write(Array(text.utf8), to: path)
  }
}
