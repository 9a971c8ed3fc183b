import ArgumentParser
import Glibc
import Notebook
import PluginPackages
import Scripting

/// A command that a plugin brings: `lunette plugin run daam map …`, or `lunette daam map …` for short.
struct PluginRunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Runs a command of a plugin.")

  @Argument(help: ArgumentHelp("The plugin.", valueName: "name"))
  var plugin: String

  @Argument(help: ArgumentHelp("Its command.", valueName: "command"))
  var command: String

  @OptionGroup var options: SessionOptions

  @Option(
    help: ArgumentHelp("Where the outputs go. (default: lunette-out/<plugin>-<command>)", valueName: "dir"))
  var out: String?

  @Argument(parsing: .captureForPassthrough, help: ArgumentHelp("What the command gets.", valueName: "args"))
  var arguments: [String] = []

  /// `lunette daam map` where `daam` is no command of the program but an installed plugin.
  static func expanded(_ arguments: [String]) -> [String] {
    let known = Set(Lunette.configuration.subcommands.map { $0._commandName } + ["help"])
    guard let first = arguments.first, PluginName.isValid(first), !known.contains(first),
      (try? PluginFinder.standard().find(first)) != nil
    else { return arguments }
    return ["plugin", "run"] + arguments
  }

  func run() throws {
    let folder = try OutputFolder(out ?? "lunette-out/\(plugin)-\(command)")
    let session = try options.session(scriptName: command, arguments: arguments, outputFolder: folder.path)
    var failure: CommandError?
    session.onOutput = { [unowned session] output in
      switch output {
      case .stream(.stdout, let text): Terminal.print(text, of: session)
      case .stream(.stderr, let text): Terminal.show(text, of: session)
      case .display(let bundle, let metadata):
        do { try folder.add(bundle, caption: metadata["caption"]?.string) } catch {
          failure = failure ?? error as? CommandError
        }
      case .result, .error, .other: break
      }
    }
    session.interruptOnEndingSignals()
    defer { folder.close() }
    let code = "local c = lunette.extension(\"commands\", \"\(plugin).\(command)\"); c.run(arg)"
    guard PluginName.isValid(plugin), PluginName.isValid(command) else {
      throw CommandError("'\(plugin) \(command)' is no command of a plugin")
    }
    // Also when it fails, where what was made before is.
    defer { for name in folder.names { Terminal.note("\(folder.path)/\(name)") } }
    try session.run(code, name: "\(plugin) \(command)").throwFailure(of: session)
    if let failure { throw failure }
    if let status = session.exitStatus, status != 0 { throw ExitCode(status) }
  }
}
