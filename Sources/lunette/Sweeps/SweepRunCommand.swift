import ArgumentParser
import Glibc
import Platform
import Prompt
import Runs
import Scripting
import Sweeps
import Tensor

struct SweepRunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Measures what is missing.",
    discussion: """
      Exit status: 0 all is measured, 1 the plan or items failed, 2 wrong usage. SIGTERM lets each worker finish its item.
      """)

  @OptionGroup var arguments: SweepArguments

  @Option(
    help: ArgumentHelp("How many processes of one thread measure. (default: one a core)", valueName: "n"))
  var workers: Int?

  @Option(help: ArgumentHelp("The share of this process among several, on any machines.", valueName: "i/n"))
  var part: String?

  @Flag(help: "Measure items that failed once more.")
  var retry = false

  /// Of a worker: what the pool that started it measures.
  @Option(help: .hidden) var worker: String?
  /// Of a worker of a script that has several sweeps.
  @Option(help: .hidden) var sweep: String?

  func validate() throws {
    if let workers, !(1...1024).contains(workers) {
      throw ValidationError("--workers: a number from 1 to 1024 expected, got \(workers)")
    }
    if let part, SweepPart(part) == nil {
      throw ValidationError("--part: i/n with 1 ≤ i ≤ n expected, got '\(part)'")
    }
  }

  private var share: SweepPart { part.flatMap { SweepPart($0) } ?? .whole }

  func run() throws {
    if let worker { return try serve(worker) }
    // Before anything is begun, so that whoever asks finds it finished.
    let (session, sweep, store) = try arguments.open(prints: true)
    let command = try ["sweep", "run"] + arguments.words() + (retry ? ["--retry"] : [])
    let measuring = SweepMeasuring(sweep: sweep, store: store, part: share, retriesFailures: retry)
    try measuring.run(
      workers: workers ?? Compute.threads, command: command, here: { try session.measure(sweep, $0) })
    store.noteFailures()
    if !store.failures.isEmpty { throw ExitCode(1) }
  }

  /// A worker: measures what its pool says, in the session that has run the plan.
  private func serve(_ digest: String) throws {
    Endings.hold()
    func measure(_ sweep: ScriptSweep, in session: Session) throws {
      guard sweep.plan.digest == digest else {
        throw CommandError(
          "the plan gives other items or another function than a moment ago: was it changed, or does it ask for time or chance?"
        )
      }
      let run = SweepRun(try sweep.reload(), part: share) { try session.measure(sweep, $0) }
      try SweepWorker.serve(run, retriesFailures: retry, isAskedToEnd: { Endings.held != nil })
    }
    guard let name = sweep else {
      let (session, sweep, _) = try arguments.open(prints: false)
      return try measure(sweep, in: session)
    }
    _ = try arguments.session(prints: false) { session, sweep in
      guard sweep.plan.name == name else { return false }
      try measure(sweep, in: session)
      Program.finish(0)
    }
  }
}
