import ArgumentParser
import Lua
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
    var request = Run.Options(
      script: "\(plugin) \(command)", outputFolder: out ?? "lunette-out/\(plugin)-\(command)")
    request.source = source(command)
    request.arguments = arguments
    request.session = options.settings
    let run = try Run(request, onNote: Terminal.note)
    guard try check(command, in: run) else { throw ExitCode(1) }
    run.session.interruptOnEndingSignals()
    var progress = ProgressBar()
    run.onEvent = { [unowned run] in $0.show(&progress, of: run.session) }
    run.onCellEnd = Terminal.flush
    let result = run.start()
    progress.clear()
    // Also when it fails, where what was made before is.
    let folder = run.folder.path
    for name in run.folder.names { Terminal.note("\(folder)/\(name)") }
    if let failure = result.failure { return try Ending.check(failure, of: run.session) }
    for text in result.writeFailures { Terminal.note(text) }
    if !result.writeFailures.isEmpty { throw ExitCode(1) }
    if !run.folder.names.isEmpty { Terminal.note("\(folder)/report.html") }
    try Ending.checkExit(result.exitStatus)
  }

  /// Whether there is such a command; says which there are otherwise, and leaves no folder behind unless the run is confined.
  private func check(_ command: String, in run: Run) throws -> Bool {
    let known: [String]
    // What fails while the plugin is loaded is told by the run, with its traceback.
    do { known = try run.session.commands(ofPlugin: plugin).map(\.name) } catch { return true }
    guard !known.contains(command) else { return true }
    run.folder.discard()
    let hint =
      nearestName(to: command, among: known).map { "; did you mean '\($0)'?" }
      ?? (known.isEmpty ? "; it has none" : "; there are \(known.joined(separator: ", "))")
    Terminal.note("the plugin '\(plugin)' has no command '\(command)'\(hint)")
    return false
  }

  /// What is run, and shown in the report.
  private func source(_ command: String) -> String {
    let words = (["lunette", plugin, command] + arguments).map { word in
      word.contains { $0.isWhitespace } ? "'\(word)'" : word
    }
    let line = words.joined(separator: " ").replacing("\n", with: " ").replacing("`", with: "'")
    return """
      -- %% [markdown]
      -- # \(plugin) \(command)
      --
      -- `\(line)`

      -- %%
      lunette.extension("commands", "\(plugin).\(command)").run(arg)

      """
  }
}
