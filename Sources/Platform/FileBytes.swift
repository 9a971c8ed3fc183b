import Glibc

/// Files that are read as a whole.
public enum FileBytes {
  /// The most bytes of a file unless its reader says otherwise: what may be larger is mapped, not read.
  public static let largest = 1 << 30
  /// The most bytes of what does not say how many it has, as `/dev/zero`, which has no end.
  public static let largestStream = 1 << 28

  /// All bytes of a file.
  ///
  /// - Parameters:
  ///   - isRegular: nothing but a regular file will do. Otherwise pipes and devices are read to their end.
  ///   - limit: the most bytes that the reader takes.
  public static func read(_ path: String, isRegular: Bool = true, limit: Int = largest)
    throws(FileError)
    -> [UInt8]
  {
    // Not blocking: a pipe that nobody writes to would keep us waiting for nothing but its refusal.
    let file = open(path, O_RDONLY | O_CLOEXEC | (isRegular ? O_NONBLOCK : 0))
    guard file >= 0 else { throw .last(path) }
    defer { close(file) }
    return try read(file, path, isRegular: isRegular, limit: limit)
  }

  /// All bytes of a file that is open, from where it stands; `path` is what errors call it.
  public static func read(_ file: Int32, _ path: String, isRegular: Bool = true, limit: Int = largest)
    throws(FileError) -> [UInt8]
  {
    var status = stat()
    guard fstat(file, &status) == 0 else { throw .last(path) }
    switch status.st_mode & S_IFMT {
    case S_IFREG: return try read(file, path, size: Int(status.st_size), limit: limit)
    case S_IFDIR: throw FileError(path, .isFolder)
    default:
      guard !isRegular else { throw FileError(path, .notRegular) }
      return try read(file, path, size: 0, limit: min(limit, largestStream))
    }
  }

  /// - Parameter size: as many bytes as are expected; a file under `/proc` says 0 and has some.
  private static func read(_ file: Int32, _ path: String, size: Int, limit: Int) throws(FileError) -> [UInt8]
  {
    guard size <= limit else { throw FileError(path, .tooLarge(limit: limit)) }
    var bytes: [UInt8] = []
    var room = max(size + 1, 1 << 16)
    var isDone = false
    while !isDone {
      // An array that finds no memory ends the process. Appending takes up to twice what is there.
      guard isAvailable(room + 2 * bytes.count) else { throw FileError(path, .system(ENOMEM)) }
      var failure: FileError?
      let chunk = [UInt8](unsafeUninitializedCapacity: room) { buffer, filled in
        while filled < room {
          let count = Glibc.read(file, buffer.baseAddress! + filled, room - filled)
          if count < 0 && errno == EINTR { continue }
          if count < 0 { failure = .last(path) }
          if count <= 0 {
            isDone = true
            return
          }
          filled += count
        }
      }
      if let failure { throw failure }
      if bytes.isEmpty { bytes = chunk } else { bytes += chunk }
      room = 1 << 20
      guard bytes.count <= limit else { throw FileError(path, .tooLarge(limit: limit)) }
    }
    guard bytes.count >= size else { throw FileError(path, .shrank(from: size, to: bytes.count)) }
    return bytes
  }

  /// Whether there is something of this name that the process may read.
  public static func canRead(_ path: String) -> Bool { access(path, R_OK) == 0 }

  private static func isAvailable(_ byteCount: Int) -> Bool {
    let block = malloc(byteCount)
    free(block)
    return block != nil
  }
}
