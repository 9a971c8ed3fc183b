import Glibc
import Platform

/// A file that a run cannot write itself once it is confined: it hands the text over, and its parent, which is not confined, writes it.
///
/// Both have the same nameless file open, from before there were two of them; no plugin has a way to it. It begins with where in it
/// the text lies, so that a text that is halfway there is never taken for one.
public final class Delivery: @unchecked Sendable {
  private let target: String
  private let onNote: @Sendable (String) -> Void
  private let file: Int32
  private var (offset, length) = (UInt64(16), UInt64(0))
  /// Tells the parent.
  var onPut: (() -> Void)?

  /// - Parameter onNote: takes, in the parent, what kept it from writing.
  public init(to target: String, onNote: @escaping @Sendable (String) -> Void) throws {
    (self.target, self.onNote) = (target, onNote)
    file = try NamelessFile.open()
  }

  deinit { close(file) }

  // MARK: In the child

  func put(_ text: String) throws {
    let bytes = Array(text.utf8)
    // Where the last one is not.
    let place = 16 + UInt64(bytes.count) <= offset ? 16 : offset + length
    try write(bytes, at: place)
    var head = [place, UInt64(bytes.count)]
    try head.withUnsafeMutableBytes { try write(Array($0), at: 0) }
    (offset, length) = (place, UInt64(bytes.count))
    onPut?()
  }

  private func write(_ bytes: [UInt8], at place: UInt64) throws {
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes {
        pwrite(file, $0.baseAddress?.advanced(by: done), $0.count - done, off_t(place) + off_t(done))
      }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw RunError("\(target): \(String(cString: strerror(errno)))") }
      done += count
    }
  }

  // MARK: In the parent

  /// Writes what was handed over last. Whether that succeeded.
  func take() -> Bool {
    var head: [UInt64] = [0, 0]
    guard head.withUnsafeMutableBytes({ pread(file, $0.baseAddress, 16, 0) }) == 16 else { return false }
    var status = stat()
    guard fstat(file, &status) == 0, head[0] <= UInt64(status.st_size),
      head[1] <= UInt64(status.st_size) - head[0]
    else { return false }
    var bytes = [UInt8](repeating: 0, count: Int(head[1]))
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeMutableBytes {
        pread(file, $0.baseAddress?.advanced(by: done), $0.count - done, off_t(head[0]) + off_t(done))
      }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return false }
      done += count
    }
    do {
      try WholeFile.write(bytes, to: target)
      return true
    } catch {
      onNote("\(error)")
      return false
    }
  }
}
