import Glibc
import Platform
import Synchronization
import Tensor

/// Room for maps in a file that has no name, and so goes with the last of them. Maps that were given back take no memory
/// that the system could not use for something better; reading brings them back.
final class TraceFile: Sendable {
  private let folder: String
  private let descriptor: Int32
  /// Bytes taken so far.
  private let end = Mutex(0)

  /// - Throws: `PipelineError` that names the folder if no file can be made there.
  init(folder: String) throws {
    do { descriptor = try NamelessFile.open(in: folder) } catch {
      throw PipelineError("\(folder): no room for a trace: \(error.reason)")
    }
    self.folder = folder
  }

  deinit { close(descriptor) }

  /// A tensor of zeros in the file.
  func zeros(_ shape: [Int]) throws -> Tensor {
    let count = try Shape.count(shape)
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    let bytes = max(page, (count * MemoryLayout<Float>.stride + page - 1) / page * page)
    return try end.withLock { end in
      // Reserved now: a full disk is an error here and would be a signal at the first write.
      let status = posix_fallocate(descriptor, off_t(end), off_t(bytes))
      guard status == 0 else { throw Self.failure(folder, status) }
      guard
        let start = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, off_t(end)),
        start != MAP_FAILED
      else { throw Self.failure(folder, errno) }
      end += bytes
      let storage = Storage(
        pointer: start.bindMemory(to: Float.self, capacity: count), count: count,
        owner: Mapping(start: start, count: bytes))
      return try Tensor(storage: storage, shape: shape)
    }
  }

  /// Lets go of a tensor's memory; its numbers stay in the file.
  func giveBack(_ tensor: Tensor) {
    if let start = tensor.storage.hostAddress { madvise(start, tensor.storage.byteCount, MADV_DONTNEED) }
  }

  private static func failure(_ folder: String, _ code: Int32) -> PipelineError {
    PipelineError("\(folder): no room for a trace: \(String(cString: strerror(code)))")
  }

  private final class Mapping {
    let start: UnsafeMutableRawPointer
    let count: Int

    init(start: UnsafeMutableRawPointer, count: Int) {
      self.start = start
      self.count = count
    }

    deinit { munmap(start, count) }
  }
}
