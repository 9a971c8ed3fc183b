import CPlatform
import Glibc

/// A file mapped into memory, read-only, for as long as this object lives.
///
/// What other programs do to the file meanwhile never goes unnoticed: replaced as a whole, this is still the old one; cut short or
/// written into, every `read` from then on throws.
public final class MappedFile: @unchecked Sendable {
  public let path: String
  public let count: Int
  private let start: UnsafeMutableRawPointer?
  private let descriptor: Int32
  private let opened: Version
  private let guardNumber: Int32

  /// Maps the regular file at `path`.
  public init(path: String) throws(FileError) {
    self.path = path
    // Not blocking: a pipe that nobody writes to is refused, not waited for.
    let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard file >= 0 else { throw .last(path) }
    let mapping: (version: Version, start: UnsafeMutableRawPointer?, guardNumber: Int32)
    do throws(FileError) { mapping = try Self.map(file, path) } catch {
      close(file)
      throw error
    }
    descriptor = file
    (opened, start, guardNumber) = mapping
    count = opened.size
  }

  private static func map(
    _ file: Int32, _ path: String
  ) throws(FileError) -> (version: Version, start: UnsafeMutableRawPointer?, guardNumber: Int32) {
    var status = stat()
    guard fstat(file, &status) == 0 else { throw .last(path) }
    switch status.st_mode & S_IFMT {
    case S_IFREG: break
    case S_IFDIR: throw FileError(path, .isFolder)
    default: throw FileError(path, .notRegular)
    }
    let version = Version(status)
    guard version.size > 0 else { return (version, nil, -1) }
    guard let start = mmap(nil, version.size, PROT_READ, MAP_PRIVATE, file, 0), start != MAP_FAILED else {
      throw .last(path)
    }
    let number = cp_guard_mapping(start, version.size)
    guard number >= 0 else {
      munmap(start, version.size)
      throw FileError(path, .tooManyMapped)
    }
    return (version, start, number)
  }

  deinit {
    if let start {
      cp_release_mapping(guardNumber)
      munmap(start, count)
    }
    close(descriptor)
  }

  /// Lends all bytes of the file to `body`, which keeps no pointer to them.
  ///
  /// - Throws: `FileError` if what it saw is not what the file was when it was opened, whatever came of it; else what `body` throws.
  public func read<R>(_ body: (UnsafeRawBufferPointer) throws -> R) throws -> R {
    let result = Result { try body(UnsafeRawBufferPointer(start: start, count: count)) }
    try check()
    return try result.get()
  }

  /// Throws if another program has changed the file since it was opened.
  public func check() throws(FileError) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .last(path) }
    let now = Version(status)
    guard now.size >= count else { throw FileError(path, .shrank(from: count, to: now.size)) }
    // Damaged at the same size: it was cut and grew again, or the disk failed.
    guard now == opened, start == nil || cp_mapping_is_damaged(guardNumber) == 0 else {
      throw FileError(path, .changed)
    }
  }

  /// Gives the pages of these bytes back, those at the ends with what else is on them: they count no longer as this
  /// process's memory, and come again from the system's cache of files when somebody reads them.
  public func giveBack(_ range: Range<Int>) {
    guard let start else { return }
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    let first = range.lowerBound / page * page
    let last = min((range.upperBound + page - 1) / page * page, count)
    if first < last { madvise(start + first, last - first, MADV_DONTNEED) }
  }

  /// What changes when somebody writes.
  private struct Version: Equatable {
    let size: Int
    let seconds: Int
    let nanoseconds: Int

    init(_ status: stat) {
      size = Int(status.st_size)
      seconds = status.st_mtim.tv_sec
      nanoseconds = status.st_mtim.tv_nsec
    }
  }
}
