import ArgumentParser
import Glibc
import Notebook
import Platform
import Prompt
import Runs
import Scripting
import Sweeps

struct SweepCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sweep", abstract: "Measures a function for every item of a grid, once.",
    discussion: """
      A plan is a script that ends in `return lunette.sweep{ name =, items =, each = }`. What was measured is kept; what is killed loses
      nothing that was done; a grid that grows measures only what is new.
      """,
    subcommands: [
      SweepRunCommand.self, SweepStatusCommand.self, SweepReportCommand.self, SweepSlurmCommand.self,
    ])
}

/// The plan, where its results lie, and what decides its items besides.
struct SweepArguments: ParsableArguments {
  @Argument(help: "The plan: a script, or the name of one that came with Lunette.")
  var plan: String

  @Option(help: ArgumentHelp("Where the results lie. (default: lunette-out/<plan's name>)", valueName: "dir"))
  var out: String?

  @Option(
    name: .customLong("set"), parsing: .singleValue,
    help: ArgumentHelp("Sets a variable after the cell tagged `parameters`.", valueName: "key=value"))
  var assignments: [String] = []

  @OptionGroup var options: SessionOptions

  func validate() throws { try SetOption.validate(assignments) }

  func folder() throws -> String {
    try out ?? "lunette-out/\(Folder.stem(of: ShippedScripts.path(of: plan)))"
  }

  /// Runs the plan.
  ///
  /// - Parameters:
  ///   - prints: whether what it prints is printed.
  ///   - serves: a sweep among others that the script has, which is measured when the script comes to it.
  func session(prints: Bool, serves: ((Session, ScriptSweep) throws -> Bool)? = nil) throws -> Session {
    let script = try ShippedScripts.path(of: plan)
    var document = try Document(file: script)
    let slips = document.inject(try assignments.map(Parameter.init(assignment:)))
    if prints {
      for name in slips.unknown {
        Terminal.note("warning: --set \(name): the parameters cell has no such variable")
      }
    }
    let folder = try folder()
    try Folder.makeWritable(folder)
    let session = try options.session(scriptName: script, arguments: [], outputFolder: folder)
    if let serves {
      session.serveSweep = { [unowned session] in try serves(session, $0) }
    } else {
      session.sweepFolder = folder
    }
    let runner = CellRunner(session)
    var progress = ProgressBar()
    runner.onEvent = { [unowned session] event in if prints { event.show(&progress, of: session) } }
    for index in document.cells.indices {
      guard document.cells[index].kind == .code, !document.cells[index].source.isEmpty else { continue }
      try Ending.check(runner.run(&document, at: index, of: script).failure, of: session)
      if let status = session.exitStatus { throw ExitCode(status) }
    }
    progress.clear()
    // What a measured item prints is seen; steps and warnings of models are not.
    session.onOutput = { [unowned session] output, _ in
      switch output {
      case .stream(.stdout, let text): Terminal.print(text, of: session)
      case .stream(.stderr, let text): Terminal.show(text, of: session)
      default: break
      }
    }
    session.onProgress = nil
    if prints { SetOption.note(changes: slips.changes) }
    return session
  }

  /// Runs the plan and gives the sweep that it returns, with what has been measured.
  func open(prints: Bool) throws -> (session: Session, sweep: ScriptSweep, store: SweepStore) {
    let session = try session(prints: prints)
    guard let sweep = session.returnedSweep else {
      throw CommandError("\(plan) returns no sweep; a plan ends in `return lunette.sweep{ … }`")
    }
    return (session, sweep, try sweep.reload())
  }

  /// The same on the command line of another process, which may have another working directory where paths are `absolute`.
  func words(absolute: Bool = false) throws -> [String] {
    func path(_ name: String) -> String { absolute ? Folder.absolute(name) : name }
    var words = [path(try ShippedScripts.path(of: plan)), "--out", path(try folder())]
    for assignment in assignments { words += ["--set", assignment] }
    if let model = options.model { words += ["--model", access(model, F_OK) == 0 ? path(model) : model] }
    if options.trust { words.append("--trust") }
    if let limit = options.timeLimit { words += ["--time-limit", "\(limit)"] }
    return words
  }
}

extension SweepStore {
  /// Says what is not as it should be.
  func noteProblems() {
    for problem in problems { Terminal.note("warning: \(folder): \(problem)") }
    if staleCount > 0 { Terminal.note("warning: \(ScriptSweep.staleText(self))") }
  }

  /// Says how many items failed and what the first few say.
  func noteFailures(traceback: Bool = false) {
    let failures = failures
    guard !failures.isEmpty else { return }
    Terminal.note("\(failures.count) items failed; --retry measures them again")
    for (_, record) in failures.prefix(5) {
      guard case .failure(let message, let frames) = record.outcome else { continue }
      Terminal.note("  \(record.item.text): \(message)")
      if traceback { for frame in frames { Terminal.note("      \(frame)") } }
    }
  }
}
