import ArgumentParser
import Glibc
import Notebook
import Scripting

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

  @Argument(help: "The notebook (.ipynb or .lua).")
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
    var document = try NotebookFile.read(file)
    let parameters = try assignments.map(Parameter.init(assignment:))
    let slips = document.inject(parameters)
    SetOption.note(slips.unknown)
    let target = output ?? NotebookFile.path(file, ending: "ipynb")
    let delivery = target == "-" ? nil : try Delivery(to: target)
    let session = try options.session(scriptName: file, arguments: [], delivery: delivery)
    let run = NotebookRun(
      document: document, name: file, target: target, session: session, parameters: parameters,
      allowsErrors: allowErrors, delivery: delivery)
    session.interruptOnEndingSignals()
    // Last, where a run that came to nothing because of it is looked at.
    defer { SetOption.note(changes: slips.changes) }
    try run.run(from: from.map(document.index(ofCell:)) ?? 0)
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
    let report = Report(document: try NotebookFile.read(file), fallbackTitle: Files.stem(of: file))
    try NotebookFile.write(report.html(), to: output ?? NotebookFile.path(file, ending: "html"))
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
    var document = try NotebookFile.read(file)
    let target = output ?? NotebookFile.path(file, ending: "ipynb")
    if target != "-", target != file, Files.exists(target), let old = try? NotebookFile.read(target) {
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
      NotebookFile.read(file).percent(), to: output ?? NotebookFile.path(file, ending: "lua"))
  }
}

/// `--set`, checked before anything runs.
enum SetOption {
  static func note(_ unknown: [String]) {
    for name in unknown { Terminal.note("warning: --set \(name): the parameters cell has no such variable") }
  }

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

extension Document {
  /// The place of a cell by its number (from 1), its id or its title.
  func index(ofCell name: String) throws -> Int {
    if let number = Int(name), cells.indices.contains(number - 1) { return number - 1 }
    if let index = cells.firstIndex(where: { $0.id == name || $0.title == name }) { return index }
    throw CommandError("--from \(name): there is no such cell; numbers go from 1 to \(cells.count)")
  }
}
