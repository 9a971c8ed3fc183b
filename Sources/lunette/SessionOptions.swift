import ArgumentParser
import Notebook
import Scripting

/// What every command that runs Lua takes.
struct SessionOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The model that lunette.load() opens.", valueName: "name|dir"))
  var model: String?

  @Flag(help: "Let the script reach files and programs outside its folder.")
  var trust = false

  func session(scriptName: String, arguments: [String], outputFolder: String? = nil) throws -> Session {
    var options = Session.Options()
    options.scriptName = scriptName
    options.arguments = arguments
    options.model = model
    options.isTrusted = trust
    options.outputFolder = outputFolder
    let session = try Session(options)
    session.onWarning = { Terminal.note("warning: \($0)") }
    return session
  }
}

extension [Output] {
  var failure: Output.Failure? {
    for case .error(let failure) in self { return failure }
    return nil
  }

  /// Reports the error that ended a cell, if one did, and ends the command with its status.
  func throwFailure() throws {
    guard let failure else { return }
    Terminal.show(failure.report + "\n")
    throw failure.isInterrupt ? ExitCode.interrupted : ExitCode(1)
  }
}

extension Output.Failure {
  var isInterrupt: Bool { name == "interrupted" }

  /// The message and below it the traceback, as Lua's own interpreter prints them.
  var report: String {
    guard !traceback.isEmpty, !isInterrupt else { return message }
    return message + "\nstack traceback:\n" + traceback.map { "\t\($0)" }.joined(separator: "\n")
  }
}
