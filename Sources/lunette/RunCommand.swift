import ArgumentParser
import Notebook
import Prompt
import Runs

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Runs a script, and keeps what it displays, a report and a record of the run.",
    discussion: """
      Exit status: 0 done, 1 the script failed, 2 wrong usage, 130 interrupted, 129, 131 or 143 ended by SIGHUP, SIGQUIT or \
      SIGTERM; or what the script gives to os.exit.
      """)

  @Argument(
    help: """
      A Lua script, or the name of one that came with Lunette (word_order); cells in percent format (-- %%) become the \
      sections of the report.
      """)
  var script: String

  @Option(help: ArgumentHelp("Where the outputs go. (default: lunette-out/<script name>)", valueName: "dir"))
  var out: String?

  @Option(
    name: .customLong("set"), parsing: .singleValue,
    help: ArgumentHelp("Sets a variable after the cell tagged `parameters`.", valueName: "key=value"))
  var assignments: [String] = []

  @OptionGroup var options: SessionOptions

  @Argument(
    parsing: .postTerminator, help: ArgumentHelp("What the script finds in `arg`.", valueName: "args"))
  var arguments: [String] = []

  func validate() throws { try SetOption.validate(assignments) }

  func run() throws {
    var request = Run.Options(script: try ShippedScripts.path(of: script), outputFolder: out)
    request.parameters = try assignments.map(Parameter.init(assignment:))
    request.arguments = arguments
    request.session = options.settings
    let run = try Run(request, onNote: Terminal.note)
    run.session.interruptOnEndingSignals()
    var progress = ProgressBar()
    run.onEvent = { [unowned run] in $0.show(&progress, of: run.session) }
    run.onCellEnd = Terminal.flush
    let result = run.start()
    progress.clear()
    // Last, where a run that came to nothing because of it is looked at.
    defer { SetOption.note(changes: run.slips.changes) }
    try report(result, of: run)
  }

  private func report(_ result: Run.Result, of run: Run) throws {
    let folder = run.folder.path
    if let failure = result.failure {
      Terminal.show(
        (failure.isInterrupt
          ? "lunette: interrupted; what was made is in \(folder)" : ANSI.harmless(failure.report)) + "\n")
      if !failure.isInterrupt, result.writeFailures.isEmpty {
        Terminal.note("the script failed; \(folder)/report.html has what was made")
      }
    }
    for text in result.writeFailures { Terminal.note(text) }
    if let failure = result.failure { throw Ending.status(of: failure, run.session) }
    if !result.writeFailures.isEmpty { throw ExitCode(1) }
    Terminal.note("\(folder)/report.html")
    try Ending.checkExit(result.exitStatus)
  }
}
