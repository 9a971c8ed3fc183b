import ArgumentParser
import Glibc
import Notebook
import Prompt
import Runs
import Scripting

/// What every command that runs Lua takes.
struct SessionOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The model that lunette.load() opens.", valueName: "name|dir"))
  var model: String?

  @Flag(help: "Let plugins do what their manifests ask for, unconfined.")
  var trust = false

  @Option(
    help: ArgumentHelp(
      "With a plugin that has no grant: how long Lua may run in one cell. (default: 60)", valueName: "seconds"
    ))
  var timeLimit: Double?

  @Option(
    help: ArgumentHelp(
      "Where to compute: cpu, or a device of an installed PyTorch, torch:cpu, torch:cuda (experimental).",
      valueName: "device"))
  var device: String?

  func validate() throws {
    if let timeLimit, !(timeLimit > 0 && timeLimit < 1e7) {
      throw ValidationError("--time-limit: a number of seconds expected")
    }
  }

  var settings: SessionSettings {
    var settings = SessionSettings()
    settings.model = model
    settings.isTrusted = trust
    settings.device = device
    if let timeLimit { settings.timeLimit = timeLimit }
    return settings
  }

  func session(scriptName: String, arguments: [String], outputFolder: String? = nil) throws -> Session {
    var settings = settings
    settings.scriptName = scriptName
    settings.arguments = arguments
    settings.outputFolder = outputFolder
    return try settings.open(onNote: Terminal.note)
  }
}

/// How a command that has run a session ends.
enum Ending {
  /// Reports the error that ended a cell, if one did, and ends the command with its status, or with the one that the script asked for.
  static func check(_ failure: Output.Failure?, of session: Session) throws {
    if let failure {
      Terminal.show(ANSI.harmless(failure.report) + "\n")
      throw status(of: failure, session)
    }
    try checkExit(session.exitStatus)
  }

  static func checkExit(_ status: Int32?) throws {
    if let status, status != 0 { throw ExitCode(status) }
  }

  /// That of a command that was interrupted is as of a process that the signal ended.
  static func status(of failure: Output.Failure, _ session: Session) -> ExitCode {
    failure.isInterrupt ? ExitCode(128 + (session.interruptSignal ?? SIGINT)) : ExitCode(1)
  }
}

extension CellRunner.Event {
  /// What a person at a terminal sees of it: what is printed, warnings, and how far something is.
  func show(_ progress: inout ProgressBar, of session: Session) {
    switch self {
    case .output(.stream(.stdout, let text), _):
      if Terminal.isInteractive { progress.clear() }
      Terminal.print(text, of: session)
    case .output(.stream(.stderr, let text), _):
      progress.clear()
      Terminal.show(text, of: session)
    case .warning, .progress: showWork(&progress)
    case .output, .update, .clear: break
    }
  }

  /// The same without what is printed.
  func showWork(_ progress: inout ProgressBar) {
    switch self {
    case .warning(let text):
      progress.clear()
      Terminal.note("warning: \(text)")
    case .progress(let done): progress.show(done.label, step: done.step, of: done.steps)
    case .output, .update, .clear: break
    }
  }
}
