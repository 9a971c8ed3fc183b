import Glibc
import Platform
import Synchronization

/// How a long operation learns that nobody waits for its result any more.
public struct Interruption: Sendable {
  /// `Interruption.$current.withValue(Interruption { … }) { … }` lets the operations inside be stopped.
  @TaskLocal public static var current = Interruption {}

  private let ask: @Sendable () throws -> Void

  /// - Parameter ask: throws if the user asked to stop; called on the thread that set it.
  public init(_ ask: @escaping @Sendable () throws -> Void) { self.ask = ask }

  /// Throws if the user asked to stop. Long operations call it between their parts.
  public static func check() throws { try current.ask() }

  /// Makes a library's call that nothing can stop on a thread of its own, and asks `check` meanwhile, twenty times a
  /// second. When that throws, the call goes on unseen to its end: it must own all that it touches.
  static func abandonable<Result: Sendable>(
    _ call: @escaping @Sendable () throws -> Result
  ) throws -> Result {
    let answer = Answer<Result>()
    guard DetachedThread.start({ answer.give(Swift.Result(catching: call)) }) else { return try call() }
    while true {
      if let result = answer.awaited(milliseconds: 50) { return try result.get() }
      try check()
    }
  }
}

/// What one thread gives and another waits for.
private final class Answer<Value: Sendable>: Sendable {
  private let given = Mutex<Result<Value, any Error>?>(nil)
  private nonisolated(unsafe) let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

  init() { sem_init(semaphore, 0, 0) }

  deinit {
    sem_destroy(semaphore)
    semaphore.deallocate()
  }

  func give(_ result: Result<Value, any Error>) {
    given.withLock { $0 = result }
    sem_post(semaphore)
  }

  /// nil when the time is over or a signal came first.
  func awaited(milliseconds: Int) -> Result<Value, any Error>? {
    var end = timespec()
    clock_gettime(CLOCK_REALTIME, &end)
    let nanoseconds = end.tv_nsec + milliseconds * 1_000_000
    end.tv_sec += nanoseconds / 1_000_000_000
    end.tv_nsec = nanoseconds % 1_000_000_000
    return sem_timedwait(semaphore, &end) == 0 ? given.withLock { $0 } : nil
  }
}
