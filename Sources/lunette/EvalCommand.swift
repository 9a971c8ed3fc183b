import ArgumentParser
import Glibc
import Notebook
import Scripting

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
    session.onOutput = { [unowned session] output in
      switch output {
      case .stream(.stdout, let text): Terminal.print(text, of: session)
      case .stream(.stderr, let text): Terminal.show(text, of: session)
      case .display(let bundle, _), .result(let bundle, _):
        if let text = bundle.plainText { Terminal.print(text + "\n", of: session) }
      case .error, .other: break
      }
    }
    session.interruptOnEndingSignals()
    try session.run(code, name: "eval").throwFailure(of: session)
    if let status = session.exitStatus, status != 0 { throw ExitCode(status) }
  }
}
