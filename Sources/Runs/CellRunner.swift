import Glibc
import Notebook
import Platform
import Scripting

/// Runs the cells of a session, for whichever door they come in by: a script, a notebook, the prompt, the Jupyter kernel.
///
/// It takes over what the session tells (`onOutput`, `onUpdate`, `onClear`, `onWarning`, `onProgress`) and hands it on as events.
public final class CellRunner {
  /// What happens while a cell runs, when it happens.
  public enum Event: Sendable {
    /// - Parameter kept: the part that stays with the cell; of printed text beyond `OutputLog.textLimit` there is none.
    case output(Output, kept: Output?)
    /// What was displayed under an id is replaced.
    case update(id: String, MIMEBundle)
    /// What was shown of the cell goes, now or when its next output comes.
    case clear(waits: Bool)
    /// It stays with the cell as a line of its stderr.
    case warning(String)
    case progress(Session.Progress)
  }

  /// How a cell ended.
  public struct Outcome: Sendable {
    /// What stays with the cell.
    public let log: OutputLog
    /// How long it took.
    public let seconds: Double

    public var outputs: [Output] { log.outputs }
    public var failure: Output.Failure? { log.outputs.failure }
  }

  public let session: Session
  public var onEvent: ((Event) -> Void)?

  public init(_ session: Session) {
    self.session = session
    session.onOutput = { [weak self] in self?.onEvent?(.output($0, kept: $1)) }
    session.onUpdate = { [weak self] in self?.onEvent?(.update(id: $0, $1)) }
    session.onClear = { [weak self] in self?.onEvent?(.clear(waits: $0)) }
    session.onWarning = { [weak self] in self?.onEvent?(.warning($0)) }
    session.onProgress = { [weak self] in self?.onEvent?(.progress($0)) }
  }

  /// Runs one cell.
  ///
  /// - Parameters:
  ///   - name: what errors call the text.
  ///   - firstLine: the line of that text on which the cell begins.
  @discardableResult
  public func run(_ source: String, name: String, firstLine: Int = 1) -> Outcome {
    let started = Clock.now
    let log = session.run(logging: source, name: name, firstLine: firstLine)
    return Outcome(log: log, seconds: Clock.now - started)
  }

  /// Runs one cell of a document, and keeps its outputs and its time in it.
  ///
  /// - Parameter file: where the document comes from.
  @discardableResult
  public func run(_ document: inout Document, at index: Int, of file: String) -> Outcome {
    let place = CellPlace(document.cells[index], at: index, of: file)
    let outcome = run(document.cells[index].source, name: place.name, firstLine: place.firstLine)
    document.cells[index].outputs = outcome.outputs
    document.cells[index].seconds = outcome.seconds
    return outcome
  }
}

/// What errors call a cell of a document, and from which line on they count: in a script, lines count through the file; in a
/// notebook, through the cell.
public struct CellPlace: Sendable, Equatable {
  public let name: String
  public let firstLine: Int

  public init(_ cell: Cell, at index: Int, of file: String) {
    let isInjected = cell.tags.contains(Document.injectedTag)
    let isScript = file.hasSuffix(".lua") && !isInjected
    name = isInjected ? "--set" : isScript ? file : "cell \(index + 1)"
    firstLine = isScript ? cell.firstLine : 1
  }
}

extension Session {
  /// Whatever asks the program to end stops the script first, so that what was made is kept: Ctrl-C, a batch system's
  /// SIGTERM, a terminal that closes.
  public func interruptOnEndingSignals() {
    for signal in [SIGINT, SIGTERM, SIGHUP, SIGQUIT] { interruptOnSignal(signal) }
  }
}
