import ArgumentParser
import CStart  // Linked for what it does before main.
import Glibc
import Platform
import Prompt
import Runs
import Scripting
import Sweeps

/// The command line. Every command is a file of its own.
struct Lunette: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lunette",
    abstract: "Looks inside text-to-image diffusion models, with Lua scripts.",
    version: Installation.version,
    subcommands: [
      RunCommand.self, EvalCommand.self, ReplCommand.self, NotebookCommand.self, SweepCommand.self,
      KernelCommand.self,
      ModelCommand.self, PluginCommand.self, DoctorCommand.self,
    ])
}

@main
enum Program {
  /// 0 done, 1 the script failed, 2 wrong usage, 128 and the number of the signal that ended it, as 130 for an interrupt; or what
  /// the script gave to `os.exit`.
  static func main() {
    Surroundings.openStandardFiles()
    Surroundings.unblockSignals()
    // Text for a pipe that nobody reads any more is an error to report, not a reason to die; nor is a file that grows past a limit.
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
    do {
      try Surroundings.checkThreads()
      Restart.ifNeeded()
      try Surroundings.checkStack()
      let arguments = PluginRunCommand.expanded(Array(CommandLine.arguments.dropFirst()))
      try CommandName.check(arguments)
      var command = try Lunette.parseAsRoot(arguments)
      try command.run()
    } catch let status as ExitCode {
      finish(status.rawValue)
    } catch let error
      where error is CommandError || error is RunError || error is FileError || error is SweepError
    {
      Terminal.note("\(error)")
      finish(1)
    } catch {
      let isHelp = Lunette.exitCode(for: error) == .success
      let message = Lunette.fullMessage(for: error)
      if !message.isEmpty { isHelp ? Terminal.print(message + "\n") : Terminal.show(message + "\n") }
      finish(isHelp ? 0 : 2)
    }
    finish(0)
  }

  /// Not `exit`, which would tear down libraries whose threads still run.
  static func finish(_ status: Int32) -> Never {
    Terminal.flush()
    if let code = Terminal.printFailure {
      Terminal.note("what was printed is lost from there on: stdout: \(String(cString: strerror(code)))")
      _exit(status == 0 ? 1 : status)
    }
    _exit(status)
  }
}

/// What went wrong outside the script, in one line: exit status 1.
struct CommandError: Error, CustomStringConvertible {
  let description: String
  init(_ message: String) { description = message }
}
