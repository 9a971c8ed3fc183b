import CKernels
import Synchronization

extension Compute {
  /// How many threads operations use: `LUNETTE_THREADS`, else `OMP_NUM_THREADS`, else the number of cores.
  /// Results do not depend on it. Setting 0 goes back to the environment's.
  public static var threads: Int {
    get { Int(ck_threads()) }
    set { ck_set_threads(Int32(clamping: newValue)) }
  }

  /// Runs `body` with the operations inside on the calling thread alone, where each is so small that waking another
  /// thread would take longer than the help saves.
  public static func alone<Result>(_ body: () throws -> Result) rethrows -> Result {
    ck_begin_alone()
    defer { ck_end_alone() }
    return try body()
  }

  /// `body(0)`, `body(1)` … on as many threads as operations use, each call as a whole on one of them: the operations
  /// inside run on that thread alone, so that threads meet once and not after every operation. That pays where
  /// operations are small: a thread that has fallen asleep takes longer to wake than they do.
  ///
  /// The compiler does not see that `body` runs on several threads at once: its calls must not write what others read.
  ///
  /// - Returns: what the calls return, in order.
  /// - Throws: what the first of the calls that fail throws; none is begun after a failure.
  public static func concurrently<Result>(_ count: Int, _ body: (Int) throws -> Result) throws -> [Result] {
    try withoutActuallyEscaping(body) { body in
      // Task-local, and the threads are of no task.
      let (backend, areRecorded) = (backend, Gradients.areRecorded)
      let hasFailed = Atomic(false)
      var results = [Swift.Result<Result, any Error>?](repeating: nil, count: count)
      results.withUnsafeMutableBufferPointer { results in
        let results = results
        var work = Work { index in
          if hasFailed.load(ordering: .relaxed) { return }
          let result = Swift.Result {
            try Compute.$backend.withValue(backend) {
              try Gradients.$areRecorded.withValue(areRecorded) { try body(index) }
            }
          }
          if case .failure = result { hasFailed.store(true, ordering: .relaxed) }
          results[index] = result
        }
        ck_parallel_for(
          count, 1, { context, begin, _ in context?.load(as: Work.self).run(begin) }, &work)
      }
      return try results.compactMap { try $0?.get() }
    }
  }

  private struct Work {
    let run: (Int) -> Void
  }
}
