/// The outputs of a cell as they come, with a limit on text: a loop that prints a million lines neither eats memory nor
/// makes a file that nobody can open.
public struct OutputLog: Sendable {
  /// How many bytes of printed text one cell keeps.
  public static let textLimit = 1 << 20

  private var finished: [Output] = []
  private var stream: Output.Stream?
  private var text = ""
  private var bytesLeft: Int
  private var droppedLines = 0
  private let limit: Int
  private var clearsAtNext = false

  public init(textLimit: Int = OutputLog.textLimit) {
    limit = textLimit
    bytesLeft = textLimit
  }

  /// Takes an output; text of the same stream joins the text before it.
  ///
  /// - Returns: the part of it that is kept: for text beyond the limit nil, and once a note that it was cut.
  @discardableResult
  public mutating func add(_ output: Output) -> Output? {
    if clearsAtNext { clear(waits: false) }
    guard case .stream(let stream, let text) = output else {
      flush()
      finished.append(output)
      return output
    }
    guard bytesLeft > 0 else {
      droppedLines += text.utf8.count { $0 == 0x0A }
      return nil
    }
    if self.stream != stream { flush() }
    self.stream = stream
    var kept = text
    if text.utf8.count > bytesLeft {
      kept = String(decoding: text.utf8.prefix(bytesLeft), as: UTF8.self)
      droppedLines += text.utf8.dropFirst(bytesLeft).count { $0 == 0x0A }
    }
    bytesLeft -= text.utf8.count
    if bytesLeft <= 0 {
      kept += "\n… cut here: a cell keeps 1 MB of what it prints\n"
    }
    self.text += kept
    return .stream(stream, kept)
  }

  /// Forgets all outputs.
  ///
  /// - Parameter waits: only when the next one comes; if none does, they stay.
  public mutating func clear(waits: Bool) {
    if waits { clearsAtNext = true } else { self = OutputLog(textLimit: limit) }
  }

  /// What to say of text beyond the limit; nil while there was none.
  public var note: Output? {
    droppedLines > 0 ? .stream(.stderr, "\(droppedLines) more lines were printed and not kept\n") : nil
  }

  /// Replaces what was displayed under an id (`display_id` of its metadata).
  public mutating func update(_ id: String, _ bundle: MIMEBundle) {
    for (index, output) in finished.enumerated() {
      guard case .display(_, let metadata) = output, metadata["display_id"]?.string == id else { continue }
      finished[index] = .display(bundle, metadata: metadata)
    }
  }

  private mutating func flush() {
    if let stream { finished.append(.stream(stream, text)) }
    (stream, text) = (nil, "")
  }

  public var outputs: [Output] { shown + (note.map { [$0] } ?? []) }

  /// The outputs without the note on text that was cut.
  public var shown: [Output] {
    var log = self
    log.flush()
    return log.finished
  }
}
