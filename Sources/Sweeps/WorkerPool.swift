import Glibc
import Platform

/// Processes of one thread each that measure units which they are handed one after the other.
///
/// A worker reads numbers of units from descriptor 3, a line at a time, and writes to descriptor 4 a line for each unit that it has
/// recorded: its number, how many items were measured, how many failed. It ends when there is nothing more to read.
public final class WorkerPool {
  public static let feedDescriptor: Int32 = 3
  public static let reportDescriptor: Int32 = 4

  private struct Worker {
    let process: pid_t
    var feed: Int32
    let report: Int32
    var text: [UInt8] = []
    /// Handed out and not reported.
    var pending: [Int] = []
    var isReady = false
  }

  /// A unit during which a worker ended, twice: its items cannot be measured.
  public struct Casualty: Sendable, Equatable {
    public let unit: Int
    public let reason: String
  }

  private var workers: [Worker] = []
  private var queue: [Int]
  private var next = 0
  private var again: [Int] = []
  private var suspects: Set<Int> = []
  public private(set) var casualties: [Casualty] = []
  private let command: [String]
  private let environment: [String]
  private var isEnding = false
  private var started = 0
  private var failureToStart: SweepError?
  /// Seconds that a unit takes a worker, to hand out a second's work at a time.
  private var secondsPerUnit = 1.0

  /// - Parameters:
  ///   - command: the program and its arguments.
  ///   - units: what is to be measured.
  public init(command: [String], units: [Int]) {
    (self.command, queue) = (command, units)
    let fixed = ["OMP_NUM_THREADS", "LUNETTE_THREADS", "OPENBLAS_NUM_THREADS"]
    environment =
      Subprocess.environment.filter { variable in !fixed.contains { variable.hasPrefix("\($0)=") } }
      + fixed.map { "\($0)=1" }
  }

  /// Runs until all is measured, or until the workers have ended as they were asked to.
  ///
  /// - Parameters:
  ///   - onUnit: how many items of a unit were measured, and how many failed.
  ///   - onTick: a few times a second; answers whether the workers are to end.
  public func run(
    count: Int, onUnit: (_ measured: Int, _ failed: Int) -> Void, onTick: () -> Bool
  ) throws {
    for _ in 0..<min(count, queue.count) { try start() }
    let began = Clock.now
    var units = 0
    while !workers.isEmpty {
      var polled = workers.map { pollfd(fd: $0.report, events: Int16(POLLIN), revents: 0) }
      poll(&polled, nfds_t(polled.count), 250)
      for (index, state) in polled.enumerated().reversed() where state.revents != 0 {
        let finished = read(index) { measured, failed in
          units += 1
          onUnit(measured, failed)
        }
        if units > 0 {
          secondsPerUnit = max(1e-4, (Clock.now - began) * Double(max(1, workers.count)) / Double(units))
        }
        if finished { try bury(index) }
      }
      if onTick(), !isEnding { endWorkers() }
    }
    if let failureToStart, units == 0 { throw failureToStart }
  }

  private func endWorkers() {
    isEnding = true
    for index in workers.indices {
      kill(workers[index].process, SIGTERM)
      closeFeed(index)
    }
  }

  private func closeFeed(_ index: Int) {
    if workers[index].feed >= 0 { close(workers[index].feed) }
    workers[index].feed = -1
  }

  // MARK: Handing out

  private func take() -> [Int] {
    let count = max(1, min(64, Int(1 / secondsPerUnit)))
    if !again.isEmpty { return [again.removeFirst()] }
    let rest = queue.count - next
    // Towards the end, less: nobody is to wait for one that still has a second's work.
    let share = max(1, min(count, rest / (2 * max(1, workers.count))))
    let taken = Array(queue[next..<min(next + share, queue.count)])
    next += taken.count
    return taken
  }

  private func handOut(to index: Int) {
    guard workers[index].feed >= 0 else { return }
    let units = isEnding ? [] : take()
    guard !units.isEmpty else { return closeFeed(index) }
    workers[index].pending = units
    let line = Array((units.map(String.init).joined(separator: " ") + "\n").utf8)
    // Shorter than what a pipe takes at once. If the worker is gone, reading from it says so.
    _ = line.withUnsafeBytes { write(workers[index].feed, $0.baseAddress, $0.count) }
  }

  /// True when the worker has nothing more to say.
  private func read(_ index: Int, _ onUnit: (Int, Int) -> Void) -> Bool {
    var chunk = [UInt8](repeating: 0, count: 4096)
    let count = Glibc.read(workers[index].report, &chunk, chunk.count)
    if count < 0, errno == EINTR || errno == EAGAIN { return false }
    guard count > 0 else { return true }
    workers[index].text += chunk[..<count]
    while let end = workers[index].text.firstIndex(of: 0x0A) {
      let line = String(decoding: workers[index].text[..<end], as: UTF8.self)
      workers[index].text.removeFirst(end + 1)
      let words = line.split(separator: " ").compactMap { Int($0) }
      if words.count == 3 {
        workers[index].pending.removeAll { $0 == words[0] }
        onUnit(words[1], words[2])
      } else if line == "ready" {
        workers[index].isReady = true
      }
      if workers[index].pending.isEmpty { handOut(to: index) }
    }
    return false
  }

  // MARK: Beginning and end

  private func start() throws {
    var (feed, report): ([Int32], [Int32]) = ([0, 0], [0, 0])
    guard pipe(&feed) == 0 else { throw FileError.last(command[0]) }
    guard pipe(&report) == 0 else { throw FileError.last(command[0]) }
    // High enough to be out of the way of 3 and 4, and closed in every worker.
    let ends = [feed[0], report[1], feed[1], report[0]].map { fcntl($0, F_DUPFD_CLOEXEC, 64) }
    (feed + report).forEach { close($0) }
    guard ends.allSatisfy({ $0 >= 0 }) else { throw FileError.last(command[0]) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, ends[0], Self.feedDescriptor)
    posix_spawn_file_actions_adddup2(&actions, ends[1], Self.reportDescriptor)
    // A group of its own: Ctrl-C at the terminal asks this process, which asks the workers.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
    var words: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
    var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup($0) } + [nil]
    defer { (words + variables).forEach { free($0) } }
    var process: pid_t = 0
    let status = posix_spawn(&process, command[0], &actions, &attributes, &words, &variables)
    close(ends[0])
    close(ends[1])
    guard status == 0 else {
      close(ends[2])
      close(ends[3])
      throw FileError(command[0], .system(status))
    }
    started += 1
    workers.append(Worker(process: process, feed: ends[2], report: ends[3]))
  }

  /// A worker that has ended. One that ended in the middle of a unit is replaced, and the unit tried once more.
  private func bury(_ index: Int) throws {
    closeFeed(index)
    let worker = workers.remove(at: index)
    close(worker.report)
    var status: Int32 = 0
    while waitpid(worker.process, &status, 0) < 0, errno == EINTR {}
    guard !worker.pending.isEmpty || !worker.isReady, !isEnding else { return }
    let reason =
      status & 0x7F == 0
      ? "the worker ended with status \(status >> 8 & 0xFF)"
      : "the worker was ended by signal \(status & 0x7F)"
    guard worker.isReady else {
      // It has said itself why it could not begin.
      failureToStart = SweepError(reason)
      return
    }
    if let unit = worker.pending.first {
      if suspects.insert(unit).inserted {
        again.append(unit)
      } else {
        casualties.append(Casualty(unit: unit, reason: reason))
      }
      again += worker.pending.dropFirst()
    }
    if next < queue.count || !again.isEmpty { try start() }
  }
}
