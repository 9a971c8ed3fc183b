import CZeroMQ
import Glibc
import Platform
import Synchronization

/// The library that carries the kernel's messages, opened when a kernel starts.
public enum ZeroMQ {
  static let absence = "libzmq is not installed (Debian: libzmq5)"

  /// Name and version: `ZeroMQ 4.3.4`.
  ///
  /// - Throws: `KernelError` where it is not installed.
  public static func version() throws -> String {
    var parts: [Int32] = [0, 0, 0]
    guard cz_version(&parts) != 0 else { throw KernelError(absence) }
    return "ZeroMQ " + parts.map(String.init).joined(separator: ".")
  }
}

/// ZeroMQ's context, and the end of the kernel.
final class KernelContext: @unchecked Sendable {
  let handle: OpaquePointer
  private let isEnding = Atomic<Bool>(false)

  init() throws {
    guard let handle = cz_open() else { throw KernelError(ZeroMQ.absence) }
    self.handle = handle
  }

  var hasEnded: Bool { isEnding.load(ordering: .acquiring) }

  /// Stops what computes and wakes all threads that wait. Whatever does not stop within two seconds is left behind.
  func end() {
    guard !isEnding.exchange(true, ordering: .acquiringAndReleasing) else { return }
    kill(getpid(), SIGINT)
    DetachedThread.start {
      sleep(2)
      _exit(0)
    }
  }
}
