import Glibc

/// A place that one program at a time may change. Held while this object lives, and let go by the system when the program ends,
/// however it ends.
public final class FileLock {
  private let path: String
  private var descriptor: Int32 = -1
  /// False where the file system has no locks: then nothing keeps others away.
  public private(set) var isKept = true

  /// Waits until nobody else holds the lock.
  ///
  /// - Parameters:
  ///   - path: a file for the lock alone, made here and removed with the lock; its folder must be there.
  ///   - onWait: called once if somebody else holds it.
  public init(_ path: String, onWait: () -> Void = {}) throws(FileError) {
    self.path = path
    var hasWaited = false
    while true {
      let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o666)
      guard file >= 0 else { throw .last(path) }
      while flock(file, LOCK_EX | (hasWaited ? 0 : LOCK_NB)) != 0 {
        if errno == EINTR { continue }
        if [ENOSYS, EOPNOTSUPP, ENOLCK, EBADF].contains(errno) {
          isKept = false
          break
        }
        guard errno == EWOULDBLOCK, !hasWaited else {
          let failure = FileError.last(path)
          close(file)
          throw failure
        }
        hasWaited = true
        onWait()
      }
      // Who held it before has removed the file: then this lock is on nothing, and another may be on the new file.
      var held = stat()
      var present = stat()
      if fstat(file, &held) == 0, stat(path, &present) == 0, held.st_dev == present.st_dev,
        held.st_ino == present.st_ino
      {
        descriptor = file
        return
      }
      close(file)
    }
  }

  deinit { release() }

  public func release() {
    guard descriptor >= 0 else { return }
    unlink(path)
    close(descriptor)
    descriptor = -1
  }
}
