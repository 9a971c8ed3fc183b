import Encoding
import Notebook
import Platform
import Scripting

/// One run of a notebook: each cell's outputs are written into the file as soon as the cell is through.
///
/// A run belongs to the thread that made it.
public final class NotebookRun {
  public struct Options: Sendable {
    /// The notebook, or a script.
    public var file: String
    /// Where the notebook with its outputs goes (`.ipynb`), or its page (`.html`).
    public var target: String
    /// What is set after the cell tagged `parameters`.
    public var parameters: [Parameter] = []
    /// The first cell whose outputs are made anew, by its number, id or title; those before it keep what they have. nil for the first.
    public var firstCell: String?
    /// Whether the run goes on after a cell that failed.
    public var allowsErrors = false
    /// How its session is opened; the notebook's own name is filled in.
    public var session = SessionSettings()

    public init(file: String, target: String) { (self.file, self.target) = (file, target) }
  }

  public struct Result: Sendable {
    /// The errors that ended cells, in order.
    public let failures: [Output.Failure]
    /// The status that the notebook asked to end with (`os.exit`), if it did.
    public let exitStatus: Int32?
  }

  public let session: Session
  /// What is probably a slip in the parameters.
  public let slips: ParameterSlips
  /// What happens meanwhile.
  public var onEvent: ((CellRunner.Event) -> Void)?

  private var document: Document
  private let options: Options
  private let delivery: Delivery
  private let runner: CellRunner

  /// Reads the notebook and opens the session. Where a plugin without grant is in reach, this forks: what follows runs in a child.
  ///
  /// - Parameter onNote: takes warnings, each a line.
  /// - Throws: `FileError`, `RunError`, and what opening a session throws.
  public init(_ options: Options, onNote: @escaping @Sendable (String) -> Void = { _ in }) throws {
    self.options = options
    document = try Document(file: options.file)
    if let language = document.foreignLanguage {
      onNote(
        "warning: \(options.file): a notebook in \(language.oneLine(of: 40)), whose cells run here as Lua")
    }
    slips = document.inject(options.parameters)
    for slip in slips.unknown { onNote(ParameterSlips.warning(unknown: slip)) }
    delivery = try Delivery(to: options.target, onNote: onNote)
    var settings = options.session
    settings.scriptName = options.file
    session = try settings.open(delivery: delivery, onNote: onNote)
    runner = CellRunner(session)
    runner.onEvent = { [unowned self] in onEvent?($0) }
  }

  /// - Throws: what keeps the notebook from being written.
  public func start() throws -> Result {
    let date = Clock.date
    let started = Clock.now
    let first = try options.firstCell.map(document.index(ofCell:)) ?? 0
    for index in document.cells.indices.dropFirst(first) where document.cells[index].kind == .code {
      document.cells[index].outputs = []
      document.cells[index].executionCount = nil
    }
    var count = 0
    var failures: [Output.Failure] = []
    for index in document.cells.indices where document.cells[index].kind == .code {
      guard !document.cells[index].source.isEmpty, session.exitStatus == nil else { continue }
      count += 1
      let outcome = run(cellAt: index, keepsOutputs: index >= first)
      if index >= first {
        document.cells[index].executionCount = count
        record(date, seconds: Clock.now - started, failed: !failures.isEmpty || outcome.failure != nil)
        try write()
      }
      guard let failure = outcome.failure else { continue }
      failures.append(failure)
      if !options.allowsErrors || failure.isInterrupt { break }
    }
    record(date, seconds: Clock.now - started, failed: !failures.isEmpty)
    try write()
    return Result(failures: failures, exitStatus: session.exitStatus)
  }

  private func run(cellAt index: Int, keepsOutputs: Bool) -> CellRunner.Outcome {
    guard !keepsOutputs else { return runner.run(&document, at: index, of: options.file) }
    var copy = document
    return runner.run(&copy, at: index, of: options.file)
  }

  /// What papermill writes down, under the name that its readers look for.
  private func record(_ date: String, seconds: Double, failed: Bool) {
    var values: JSON.Object = [:]
    for parameter in options.parameters { values[parameter.name] = parameter.json }
    document.metadata["papermill"] = [
      "duration": .number(seconds.rounded(to: 3)), "exception": failed ? true : nil,
      "input_path": .string(options.file),
      "output_path": .string(options.target), "parameters": .object(values), "start_time": .string(date),
    ]
  }

  private func write() throws {
    if options.target.lowercased().hasSuffix(".html") {
      let page = Report(document: document, fallbackTitle: Folder.stem(of: options.file)).html()
      return try WholeFile.write(page, to: options.target)
    }
    var file = document
    file.formatMinor = max(file.formatMinor, 4)
    if session.hasStrangers { return try delivery.put(file.ipynb()) }
    try WholeFile.write(file.ipynb(), to: options.target)
  }
}
