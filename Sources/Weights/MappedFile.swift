import Glibc
import Neural

/// A file mapped into memory, read-only, for as long as this object lives.
public final class MappedFile: @unchecked Sendable {
  public let path: String
  /// All bytes of the file. Valid only while the `MappedFile` is alive.
  public let bytes: UnsafeRawBufferPointer

  /// Maps the regular file at `path`; throws when it is missing, unreadable or not a regular file.
  public init(path: String) throws {
    self.path = path
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw MappedFile.failure(path, errno) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw MappedFile.failure(path, errno) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw NeuralError("\(path): not a file")
    }
    let size = Int(status.st_size)
    guard size > 0 else {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    guard let start = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), start != MAP_FAILED else {
      throw MappedFile.failure(path, errno)
    }
    bytes = UnsafeRawBufferPointer(start: start, count: size)
  }

  deinit {
    if let start = bytes.baseAddress {
      munmap(UnsafeMutableRawPointer(mutating: start), bytes.count)
    }
  }

  /// Gives the pages of these bytes back, those at the ends with what else is on them: they count no longer as this
  /// process's memory, and come again from the system's cache of files when somebody reads them.
  public func giveBack(_ range: Range<Int>) {
    guard let start = bytes.baseAddress else { return }
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    let first = range.lowerBound / page * page
    let last = min((range.upperBound + page - 1) / page * page, bytes.count)
    if first < last {
      madvise(UnsafeMutableRawPointer(mutating: start + first), last - first, MADV_DONTNEED)
    }
  }

  private static func failure(_ path: String, _ code: Int32) -> NeuralError {
    code == ENOENT
      ? NeuralError("\(path): no such file")
      : NeuralError("\(path): cannot be read: \(String(cString: strerror(code)))")
  }
}
