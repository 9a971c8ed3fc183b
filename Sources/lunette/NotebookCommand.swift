import ArgumentParser
import Notebook
import Platform
import Prompt
import Runs

struct NotebookCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "notebook", abstract: "Runs notebooks, and turns them into scripts, notebooks and pages.",
    discussion: "A notebook is a Lua script in percent format (.lua) or a Jupyter notebook (.ipynb).",
    subcommands: [
      NotebookRunCommand.self, NotebookHTMLCommand.self, NotebookIPynbCommand.self, NotebookLuaCommand.self,
    ])
}

struct NotebookRunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Runs the cells of a notebook and writes their outputs into it.",
    discussion: "A script's outputs go into the .ipynb file beside it. Exit status: 0 done, 1 a cell failed.")

  @Argument(help: "The notebook (.ipynb or .lua), or the name of a script that came with Lunette.")
  var file: String

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Where the notebook with its outputs goes (.ipynb), or its page (.html).", valueName: "file"))
  var output: String?

  @Option(
    help: ArgumentHelp(
      "The first cell that gets new outputs: its number, id or title. Those before it run for their variables.",
      valueName: "cell"))
  var from: String?

  @Flag(help: "Go on after a cell that failed.")
  var allowErrors = false

  @Option(
    name: .customLong("set"), parsing: .singleValue,
    help: ArgumentHelp("Sets a variable after the cell tagged `parameters`.", valueName: "key=value"))
  var assignments: [String] = []

  @OptionGroup var options: SessionOptions

  func validate() throws {
    try SetOption.validate(assignments)
    try NotebookFile.validate(output: output, formats: ["ipynb", "html"], needsEnding: true)
  }

  func run() throws {
    let source = try ShippedScripts.path(of: file)
    // One that came with Lunette lies where nobody looks for results, or may write.
    let target = output ?? Folder.path(source == file ? file : Folder.stem(of: source), ending: "ipynb")
    var request = NotebookRun.Options(file: source, target: target)
    request.parameters = try assignments.map(Parameter.init(assignment:))
    (request.firstCell, request.allowsErrors, request.session) = (from, allowErrors, options.settings)
    let run = try NotebookRun(request, onNote: Terminal.note)
    run.session.interruptOnEndingSignals()
    var progress = ProgressBar()
    run.onEvent = { $0.showWork(&progress) }
    // Last, where a run that came to nothing because of it is looked at.
    defer { SetOption.note(changes: run.slips.changes) }
    defer { progress.clear() }
    let result = try run.start()
    progress.clear()
    if let failure = result.failures.first {
      Terminal.show(ANSI.harmless(failure.report) + "\n")
      let stop = result.failures.first(where: \.isInterrupt) ?? failure
      if stop.isInterrupt || !allowErrors { throw Ending.status(of: stop, run.session) }
    }
    try Ending.checkExit(result.exitStatus)
  }
}

struct NotebookHTMLCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "html", abstract: "Writes a notebook as one web page that needs nothing but itself.")

  @Argument(help: "The notebook (.ipynb or .lua).")
  var file: String

  @Option(name: .shortAndLong, help: ArgumentHelp("Where the page goes, - for stdout.", valueName: "file"))
  var output: String?

  func validate() throws { try NotebookFile.validate(output: output, formats: ["html"]) }

  func run() throws {
    let report = Report(document: try Document(file: file), fallbackTitle: Folder.stem(of: file))
    try NotebookFile.write(report.html(), to: output ?? Folder.path(file, ending: "html"))
  }
}

struct NotebookIPynbCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ipynb", abstract: "Writes a notebook in Jupyter's format.",
    discussion: "Cells that the target has already, by their source, keep their ids and outputs.")

  @Argument(help: "The notebook (.lua or .ipynb).")
  var file: String

  @Option(name: .shortAndLong, help: ArgumentHelp("Where it goes, - for stdout.", valueName: "file"))
  var output: String?

  func validate() throws { try NotebookFile.validate(output: output, formats: ["ipynb"]) }

  func run() throws {
    var document = try Document(file: file)
    let target = output ?? Folder.path(file, ending: "ipynb")
    if target != "-", target != file, FileBytes.canRead(target), let old = try? Document(file: target) {
      document.adoptOutputs(of: old)
    }
    try NotebookFile.write(document.ipynb(), to: target)
  }
}

struct NotebookLuaCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lua", abstract: "Writes a notebook as a Lua script in percent format, without outputs.")

  @Argument(help: "The notebook (.ipynb or .lua).")
  var file: String

  @Option(name: .shortAndLong, help: ArgumentHelp("Where it goes, - for stdout.", valueName: "file"))
  var output: String?

  func validate() throws { try NotebookFile.validate(output: output, formats: ["lua"]) }

  func run() throws {
    try NotebookFile.write(
      Document(file: file).percent(), to: output ?? Folder.path(file, ending: "lua"))
  }
}

/// `--set`, checked before anything runs.
enum SetOption {
  static func note(changes: [String]) {
    for change in changes { Terminal.note("warning: --set \(change)") }
  }

  static func validate(_ assignments: [String]) throws {
    for assignment in assignments {
      do {
        _ = try Parameter(assignment: assignment)
      } catch let error as NotebookError {
        throw ValidationError("--set: \(error.message)")
      }
    }
  }
}

/// Where a notebook in another format goes.
enum NotebookFile {
  /// Checks that the name of an output does not promise another format than it gets.
  ///
  /// - Parameter formats: the endings that may be; `-` for stdout and names without ending may be too, unless
  ///   `needsEnding`.
  static func validate(output: String?, formats: [String], needsEnding: Bool = false) throws {
    guard let output else { return }
    let name = output.split(separator: "/").last ?? ""
    let ending = name.lastIndex(of: ".").map { name[$0...].dropFirst().lowercased() }
    if let ending, formats.contains(ending) { return }
    guard needsEnding || ending != nil else { return }
    let wanted = formats.map { ".\($0)" }.joined(separator: " or ")
    throw ValidationError("--output \(output): what is written here ends in \(wanted)")
  }

  /// Writes text to a file, or to stdout for `-`.
  static func write(_ text: String, to path: String) throws {
    if path == "-" { return Terminal.print(text) }
    try WholeFile.write(text, to: path)
  }
}
