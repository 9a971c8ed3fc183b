import ArgumentParser
import Glibc
import Notebook
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

  func validate() throws {
    if let timeLimit, !(timeLimit > 0 && timeLimit < 1e7) {
      throw ValidationError("--time-limit: a number of seconds expected")
    }
  }

  /// - Parameters:
  ///   - outputFolder: what the run writes; it is there already.
  ///   - delivery: what it writes elsewhere, with its parent's help once it is confined.
  func session(
    scriptName: String, arguments: [String], outputFolder: String? = nil, delivery: Delivery? = nil
  )
    throws -> Session
  {
    let readable = readableFolders(scriptName)
    var options = Session.Options(plugins: .standard(for: readable[0]))
    options.scriptName = scriptName
    options.arguments = arguments
    options.model = model
    options.isTrusted = trust
    options.outputFolder = outputFolder
    options.readableFolders = readable
    // Only where a plugin without grant is in reach: a process more is a process more.
    let guarded = options.plugins.mayNeedConfinement ? try guarded(delivery) : nil
    options.confine = { rules in
      guard let guarded else {
        throw ScriptingError(
          "the plugin '\(rules.plugin)' has no grant, and was not there when the run began")
      }
      try guarded.confine(rules)
    }
    let session = try Session(options)
    session.onWarning = { Terminal.note("warning: \($0)") }
    guarded?.watch(session)
    return session
  }

  /// What holds plugins without grant. Forks: what follows runs in a child. So it comes before all else: Swift's `Mutex` remembers a
  /// thread's number from its first lock on, and the child's main thread has another one.
  func guarded(_ delivery: Delivery? = nil) throws -> SessionGuard? {
    trust ? nil : try SessionGuard(timeLimit, delivery: delivery)
  }

  /// The script's folder, and the models that it may open by name or by the command line.
  private func readableFolders(_ scriptName: String) -> [String] {
    var folders = [scriptName.lastIndex(of: "/").map { String(scriptName[..<$0]) } ?? "."]
    if let model { folders.append(Installation.plugin(named: model) ?? model) }
    return folders
  }
}

extension [Output] {
  var failure: Output.Failure? {
    for case .error(let failure) in self { return failure }
    return nil
  }

  /// Reports the error that ended a cell, if one did, and ends the command with its status.
  func throwFailure(of session: Session) throws {
    guard let failure else { return }
    Terminal.show(ANSI.harmless(failure.report) + "\n")
    throw failure.isInterrupt ? session.interruptedStatus : ExitCode(1)
  }
}

extension Session {
  /// Whatever asks the program to end stops the script first, so that what was made is kept: Ctrl-C, a batch system's
  /// SIGTERM, a terminal that closes.
  func interruptOnEndingSignals() {
    for signal in [SIGINT, SIGTERM, SIGHUP, SIGQUIT] { interruptOnSignal(signal) }
  }

  /// The status of a command that was interrupted: as of a process that the signal ended.
  var interruptedStatus: ExitCode { ExitCode(128 + (interruptSignal ?? SIGINT)) }
}

extension Output.Failure {
  var isInterrupt: Bool { name == "interrupted" }

  /// The message and below it the traceback, as Lua's own interpreter prints them.
  var report: String {
    guard !traceback.isEmpty, !isInterrupt else { return message }
    return message + "\nstack traceback:\n" + traceback.map { "\t\($0)" }.joined(separator: "\n")
  }
}
