import CZeroMQ
import Glibc
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
    Self.startThread {
      sleep(2)
      _exit(0)
    }
  }

  static func startThread(_ body: @escaping @Sendable () -> Void) {
    final class Box {
      let body: @Sendable () -> Void
      init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    var thread = pthread_t()
    let box = Unmanaged.passRetained(Box(body))
    pthread_create(
      &thread, nil,
      { argument in
        if let argument { Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body() }
        return nil
      }, box.toOpaque())
    pthread_detach(thread)
  }
}
