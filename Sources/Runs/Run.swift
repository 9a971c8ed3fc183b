import Encoding
import Notebook
import Platform
import Scripting

/// One run of a script: cell by cell, outputs kept in a folder as they come, report and record at the end however it ends.
///
/// ```swift
/// let run = try Run(.init(script: "Scripts/daam.lua", outputFolder: "/tmp/daam"))
/// let result = run.start()
/// print(result.status, result.record.json["seconds"])
/// ```
///
/// A run belongs to the thread that made it.
public final class Run {
  public struct Options: Sendable {
    /// The script's file, or a notebook; where there is a `source`, what it is called.
    public var script: String
    /// A script in percent format that is in no file.
    public var source: String?
    /// What the script finds in `arg`.
    public var arguments: [String] = []
    /// What is set after the cell tagged `parameters`.
    public var parameters: [Parameter] = []
    /// Where the outputs go; nil for `lunette-out/<script name>`.
    public var outputFolder: String?
    /// How its session is opened; the script's own name, arguments and folder are filled in.
    public var session = SessionSettings()

    public init(script: String, outputFolder: String? = nil, parameters: [Parameter] = []) {
      (self.script, self.outputFolder, self.parameters) = (script, outputFolder, parameters)
    }
  }

  public struct Result: Sendable {
    public let record: RunRecord
    /// The error that ended the script, if one did.
    public let failure: Output.Failure?
    /// The status that the script asked to end with (`os.exit`), if it did.
    public let exitStatus: Int32?
    /// What could not be written, in words.
    public let writeFailures: [String]

    public var status: Report.Status { record.status }
  }

  public let folder: OutputFolder
  public let session: Session
  /// What is probably a slip in the parameters.
  public let slips: ParameterSlips
  /// What happens meanwhile; what is displayed is in the folder by then.
  public var onEvent: ((CellRunner.Event) -> Void)?
  /// A cell is through.
  public var onCellEnd: (() -> Void)?

  private var document: Document
  private let script: String
  private let scriptHash: String
  private let runner: CellRunner
  private var writeFailures: [String] = []

  /// Reads the script, makes the folder, waiting while another run writes into it, and opens the session. Where a plugin without grant
  /// is in reach, this forks: what follows runs in a child.
  ///
  /// - Parameter onNote: takes what is said meanwhile, each a line: warnings, and what is waited for.
  /// - Throws: `FileError`, `RunError`, `NotebookError`, and what opening a session throws.
  public init(_ options: Options, onNote: @escaping @Sendable (String) -> Void = { _ in }) throws {
    script = options.script
    let bytes = try options.source.map { Array($0.utf8) } ?? FileBytes.read(script, isRegular: false)
    scriptHash = SHA256(bytes).description
    document = try Document(bytes, file: script)
    slips = document.inject(options.parameters)
    for slip in slips.unknown { onNote(ParameterSlips.warning(unknown: slip)) }
    folder = try OutputFolder(
      options.outputFolder ?? "lunette-out/\(Folder.stem(of: script))", onNote: onNote)
    var settings = options.session
    settings.scriptName = script
    settings.arguments = options.arguments
    settings.outputFolder = folder.path
    session = try settings.open(onNote: onNote)
    runner = CellRunner(session)
  }

  /// Runs all cells, or those up to the first that fails.
  public func start() -> Result {
    let date = Clock.date
    let started = Clock.now
    var failure: Output.Failure?
    var count = 0
    for index in document.cells.indices where document.cells[index].kind == .code {
      guard !document.cells[index].source.isEmpty else { continue }
      count += 1
      document.cells[index].executionCount = count
      failure = run(cellAt: index)
      if failure != nil || !writeFailures.isEmpty || session.exitStatus != nil { break }
    }
    let record = RunRecord(
      script: script, scriptHash: scriptHash, document: document, failure: failure, session: session,
      outputs: folder.names, date: date, seconds: Clock.now - started)
    // Each is tried whatever became of the other: a report that has no room leaves a record of the run.
    keep { try folder.write(record.report.html(), as: "report.html") }
    keep { try folder.finish(record: record.json.text(indent: 2) + "\n") }
    return Result(
      record: record, failure: failure, exitStatus: session.exitStatus, writeFailures: writeFailures)
  }

  /// Writes something; what goes wrong is reported at the end.
  private func keep(_ write: () throws -> Void) {
    do { try write() } catch { writeFailures.append("\(error)") }
  }

  private func run(cellAt index: Int) -> Output.Failure? {
    let title = document.cells[index].title
    runner.onEvent = { [self] event in
      if case .output(let output, _) = event { keep(output, title: title) }
      onEvent?(event)
    }
    defer { runner.onEvent = nil }
    let outcome = runner.run(&document, at: index, of: script)
    onCellEnd?()
    return outcome.failure
  }

  private func keep(_ output: Output, title: String?) {
    switch output {
    case .display(let bundle, let metadata):
      keep { try folder.add(bundle, caption: metadata["caption"]?.string ?? title) }
    case .result(let bundle, let metadata):
      // A number that a cell ends with is in the report; a picture deserves its file.
      guard bundle.types != [.plain] else { return }
      keep(.display(bundle, metadata: metadata), title: title)
    case .stream, .error, .other: break
    }
  }
}

/// What went wrong around a run, in one line.
public struct RunError: Error, Sendable, CustomStringConvertible {
  public let description: String
  public init(_ message: String) { description = message.oneLine }
}
