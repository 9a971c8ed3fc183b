import CZeroMQ
import Glibc
import Platform
import Synchronization

/// ZeroMQ's context, and the end of the kernel.
final class KernelContext: @unchecked Sendable {
  let handle: OpaquePointer
  private let isEnding = Atomic<Bool>(false)

  init() throws {
    guard let handle = cz_open() else { throw KernelError("libzmq is not installed (Debian: libzmq5)") }
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
