import ArgumentParser
import Glibc
import Platform
import Prompt
import Scripting
import Sweeps

/// Measures what is missing of a sweep in worker processes, and shows how far it is.
final class SweepMeasuring {
  private let sweep: ScriptSweep
  private let store: SweepStore
  private let part: SweepPart
  private let retriesFailures: Bool
  private var display: SweepDisplay

  init(sweep: ScriptSweep, store: SweepStore, part: SweepPart = .whole, retriesFailures: Bool) {
    (self.sweep, self.store, self.part, self.retriesFailures) = (sweep, store, part, retriesFailures)
    let missing = store.missingUnits(of: part, retriesFailures: retriesFailures)
    let rest = missing.reduce(0) { $0 + store.plan.units[$1].count }
    let mine = store.plan.units.indices.reduce(0) {
      $0 + (part.contains($1) ? store.plan.units[$1].count : 0)
    }
    display = SweepDisplay(name: store.plan.name, part: part, all: mine, rest: rest)
  }

  /// - Parameters:
  ///   - command: the arguments by which this program measures the same sweep; the worker's are added.
  ///   - here: measures a unit in this process, where no others can be started.
  func run(workers: Int, command: [String], here: @escaping SweepRun.Measure) throws {
    store.noteProblems()
    let units = store.missingUnits(of: part, retriesFailures: retriesFailures)
    try store.prepare()
    try store.mend()
    guard !units.isEmpty else { return display.end() }
    try held(units, here: here) {
      let program = Installation.programPath ?? CommandLine.arguments[0]
      let words =
        [program] + command + ["--worker", store.plan.digest, "--part", "\(part.number)/\(part.count)"]
      let pool = WorkerPool(command: words, units: units)
      try pool.run(
        count: workers, onUnit: { [self] in display.note(measured: $0, failed: $1) },
        onTick: { [self] in
          display.show()
          return Endings.held != nil
        })
      try record(pool.casualties)
    }
    try store.load()
  }

  /// Measures; what asks this process to end has its effect when the workers have ended, and what they measured is noted.
  private func held(_ units: [Int], here: @escaping SweepRun.Measure, _ body: () throws -> Void) throws {
    Endings.hold()
    defer { Endings.release() }
    do { try body() } catch let error as FileError where error.code == EPERM || error.code == EACCES {
      Terminal.note("no other processes can be started here; measuring in this one")
      try run(units, here: here)
    } catch let error as SweepError {
      throw CommandError(error.description)
    }
    display.end()
  }

  /// In this process.
  private func run(_ units: [Int], here: @escaping SweepRun.Measure) throws {
    let run = SweepRun(store, part: part, measure: here)
    try run.measure(
      units, retriesFailures: retriesFailures,
      onUnit: { [self] in
        display.note(measured: $0, failed: $1)
        display.show()
      }, isAskedToEnd: { Endings.held != nil })
    try run.finish()
  }

  /// Units that ended the worker that measured them, twice.
  private func record(_ casualties: [WorkerPool.Casualty]) throws {
    guard !casualties.isEmpty else { return }
    let writer = PartWriter(folder: store.folder, part: part, plan: store.plan)
    for casualty in casualties {
      let records = store.plan.units[casualty.unit].map { place in
        SweepRecord(
          id: store.plan.id(of: place), item: store.plan.items[place],
          outcome: .failure(message: casualty.reason, traceback: []))
      }
      try writer.append(records)
      display.note(measured: 0, failed: records.count)
    }
    try writer.finish()
  }
}

/// A line that says how far a sweep is: on a terminal one that changes, elsewhere one every now and then.
struct SweepDisplay {
  private let label: String
  private var pace: SweepPace
  private var rest: Int
  private var shown = Clock.now
  private var isOpen = false
  private static let interval = 15.0

  init(name: String, part: SweepPart, all: Int, rest: Int) {
    label = part == .whole ? name : "\(name) \(part.number)/\(part.count)"
    pace = SweepPace(all: all, done: all - rest, now: Clock.now)
    self.rest = rest
  }

  mutating func note(measured: Int, failed: Int) {
    rest = max(0, rest - measured - failed)
    pace.note(measured: measured, failed: failed, now: Clock.now)
  }

  mutating func show() {
    let now = Clock.now
    if Terminal.isInteractive {
      guard now - shown >= 0.2 else { return }
      Terminal.show("\r\u{1B}[2K\(label): \(pace.text(rest: rest))")
      isOpen = true
    } else {
      guard now - shown >= Self.interval else { return }
      Terminal.note("\(label): \(pace.text(rest: rest))")
    }
    shown = now
  }

  mutating func end() {
    if isOpen { Terminal.show("\r\u{1B}[2K") }
    isOpen = false
    Terminal.note("\(label): \(pace.text(rest: rest))")
  }
}
