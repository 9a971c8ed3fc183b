import ArgumentParser
import Glibc
import Notebook
import Scripting

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Runs a script, and keeps what it displays, a report and a record of the run.",
    discussion: "Exit status: 0 done, 1 the script failed, 2 wrong usage, 130 interrupted.")

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
    let script = try ShippedScripts.path(of: script)
    let bytes = try Files.read(script)
    var document = try NotebookFile.read(script)
    let slips = document.inject(try assignments.map(Parameter.init(assignment:)))
    SetOption.note(slips.unknown)

    let folder = try OutputFolder(out ?? "lunette-out/\(Files.stem(of: script))")
    let session = try options.session(
      scriptName: script, arguments: arguments, outputFolder: folder.path)
    let run = ScriptRun(
      document: document, script: script, scriptHash: FileHash.sha256(bytes), folder: folder, session: session
    )
    session.interruptOnEndingSignals()
    // Last, where a run that came to nothing because of it is looked at.
    defer { SetOption.note(changes: slips.changes) }
    try run.run()
  }
}
