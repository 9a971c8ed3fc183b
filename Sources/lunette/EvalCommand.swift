import ArgumentParser
import Prompt
import Runs

struct EvalCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "eval", abstract: "Runs a line of Lua and prints the value of its last expression.")

  @Argument(help: "The code.")
  var code: String

  @OptionGroup var options: SessionOptions

  @Argument(parsing: .postTerminator, help: ArgumentHelp("What the code finds in `arg`.", valueName: "args"))
  var arguments: [String] = []

  func run() throws {
    let session = try options.session(scriptName: "eval", arguments: arguments)
    let runner = CellRunner(session)
    var progress = ProgressBar()
    runner.onEvent = { event in
      switch event {
      case .output(.display(let bundle, _), _), .output(.result(let bundle, _), _):
        if let text = bundle.plainText { Terminal.print(text + "\n", of: session) }
      default: event.show(&progress, of: session)
      }
    }
    session.interruptOnEndingSignals()
    let failure = runner.run(code, name: "eval").failure
    progress.clear()
    try Ending.check(failure, of: session)
  }
}
