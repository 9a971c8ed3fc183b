import ArgumentParser
import PluginPackages
import Prompt
import Runs
import Scripting

/// A command that a plugin brings: `lunette plugin run daam map …`, or `lunette daam map …` for short.
struct PluginRunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Runs a command of a plugin, or lists them.")

  @Argument(help: ArgumentHelp("The plugin.", valueName: "name"))
  var plugin: String

  @Argument(help: ArgumentHelp("Its command; without one, all are listed.", valueName: "command"))
  var command: String?

  @OptionGroup var options: SessionOptions

  @Option(
    help: ArgumentHelp("Where the outputs go. (default: lunette-out/<plugin>-<command>)", valueName: "dir"))
  var out: String?

  @Argument(parsing: .captureForPassthrough, help: ArgumentHelp("What the command gets.", valueName: "args"))
  var arguments: [String] = []

  /// `lunette daam map` where `daam` is not a command of the program but an installed plugin.
  static func expanded(_ arguments: [String]) -> [String] {
    let known = Set(Lunette.configuration.subcommands.map { $0._commandName } + ["help"])
    guard let first = arguments.first, PluginName.isValid(first), !known.contains(first),
      (try? PluginFinder.standard().find(first)) != nil
    else { return arguments }
    return ["plugin", "run"] + arguments
  }

  func run() throws {
    guard let command else { return try list() }
    try run(command)
  }

  private func list() throws {
    guard PluginName.isValid(plugin) else { throw CommandError("'\(plugin)' is not the name of a plugin") }
    let session = try options.session(scriptName: plugin, arguments: [])
    try reporting {
      let commands = try session.commands(ofPlugin: plugin)
      guard !commands.isEmpty else { throw CommandError("the plugin '\(plugin)' has no commands") }
      let width = commands.reduce(0) { max($0, $1.name.count) }
      for (name, summary) in commands {
        let padding = String(repeating: " ", count: width - name.count)
        Terminal.print("\(plugin) \(name)\(summary.isEmpty ? "" : padding + "   " + summary)\n")
      }
    }
  }

  private func run(_ command: String) throws {
    guard PluginName.isValid(plugin), PluginName.isValid(command) else {
      throw CommandError("'\(plugin) \(command)' is not a command of a plugin")
    }
    let folder = try OutputFolder(out ?? "lunette-out/\(plugin)-\(command)", onNote: Terminal.note)
    defer { folder.close() }
    let session = try options.session(scriptName: command, arguments: arguments, outputFolder: folder.path)
    let runner = CellRunner(session)
    var writeFailure: (any Error)?
    var progress = ProgressBar()
    runner.onEvent = { event in
      guard case .output(.display(let bundle, let metadata), _) = event else {
        return event.show(&progress, of: session)
      }
      do { try folder.add(bundle, caption: metadata["caption"]?.string) } catch {
        writeFailure = writeFailure ?? error
      }
    }
    session.interruptOnEndingSignals()
    // Also when it fails, where what was made before is.
    defer { for name in folder.names { Terminal.note("\(folder.path)/\(name)") } }
    let code = "local c = lunette.extension(\"commands\", \"\(plugin).\(command)\"); c.run(arg)"
    let failure = runner.run(code, name: "\(plugin) \(command)").failure
    progress.clear()
    if let failure { return try Ending.check(failure, of: session) }
    if let writeFailure { throw writeFailure }
    try Ending.checkExit(session.exitStatus)
  }
}
