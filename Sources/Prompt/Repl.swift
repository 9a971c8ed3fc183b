import Glibc
import Imaging
import Notebook
import Runs
import Scripting

/// The prompt. Input that is not a terminal is read in the same way, without editing: a session can be piped in.
public final class Repl {
  private let session: Session
  private let runner: CellRunner
  private let editor: LineEditor
  private let isInteractive = isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1
  private var images: InlineImage.Mode?
  private var progress = ProgressBar()
  private var hasFailed = false
  /// What has run, for `:save`.
  private(set) var cells: [Cell] = []

  /// - Parameter images: how pictures are shown; nil for what the terminal can.
  public init(session: Session, images: InlineImage.Mode?, keepsHistory: Bool) {
    self.session = session
    runner = CellRunner(session)
    self.images = images
    editor = LineEditor(keepsHistory: keepsHistory)
    session.keepsLastValue = true
    editor.isIncomplete = { [unowned session] text in
      !text.hasPrefix(":") && session.isIncomplete(text)
    }
    editor.complete = { [unowned self] text, cursor in complete(text, cursor) }
    runner.onEvent = { [unowned self] in show($0) }
  }

  /// Reads and runs until the user leaves.
  ///
  /// - Returns: the exit status.
  public func run() -> Int32 {
    if isInteractive { Terminal.print("Lunette \(Installation.version)   :help for help, Ctrl-D to leave\n") }
    // Installed for good: between two entries the terminal sends Ctrl-C as a key.
    session.interruptOnSignal(SIGINT, again: true)
    while session.exitStatus == nil, let text = read() {
      if text.hasPrefix(":") {
        ReplColon(repl: self, session: session).run(text)
      } else if isInteractive, let fault = session.unknownName(in: text) {
        Terminal.note(fault)
      } else if !text.allSatisfy(\.isWhitespace) {
        runCell(text)
      }
      Terminal.flush()
    }
    if let status = session.exitStatus { return status }
    // Somebody at a terminal has seen the errors; whoever piped a session in asks for its status.
    return hasFailed && !isInteractive ? 1 : 0
  }

  private func read() -> String? {
    Terminal.flush()
    guard isInteractive else { return readPiped() }
    let number = cells.count + 1
    while true {
      switch editor.read(
        prompt: "\u{1B}[36m\(number)\u{1B}[0m › ",
        continuation: String(repeating: " ", count: "\(number)".count) + " … ")
      {
      case .text(let text): return text
      case .interrupted: continue
      case .closed: return nil
      }
    }
  }

  /// Lines until they make a whole cell, or end.
  private func readPiped() -> String? {
    var text = ""
    while let line = readLine(strippingNewline: true) {
      text += (text.isEmpty ? "" : "\n") + line
      if text.hasPrefix(":") || !session.isIncomplete(text) { return text }
    }
    return text.isEmpty ? nil : text
  }

  @discardableResult
  func runCell(_ source: String, name: String? = nil, firstLine: Int = 1) -> Output.Failure? {
    session.clearInterrupt()
    let failure = runner.run(source, name: name ?? "cell \(cells.count + 1)", firstLine: firstLine).failure
    progress.clear()
    session.clearInterrupt()
    hasFailed = hasFailed || failure != nil
    if failure == nil { cells.append(Cell(source: source)) }
    return failure
  }

  func write(_ text: String) { Terminal.print(text) }

  // MARK: Outputs

  private func show(_ event: CellRunner.Event) {
    switch event {
    case .output(let output, _): show(output)
    case .warning(let text):
      progress.clear()
      Terminal.note("warning: \(text)")
    case .progress(let done): progress.show(done.label, step: done.step, of: done.steps)
    case .update, .clear: break  // what is on a terminal stays there
    }
  }

  private func show(_ output: Output) {
    if isInteractive { progress.clear() }
    switch output {
    case .stream(.stdout, let text): Terminal.print(text, of: session)
    case .stream(.stderr, let text): Terminal.show(text, of: session)
    case .display(let bundle, let metadata):
      show(bundle)
      if let caption = metadata["caption"]?.string { Terminal.print(caption + "\n", of: session) }
    case .result(let bundle, _): show(bundle)
    case .error(let failure):
      let message = failure.isInterrupt ? "interrupted" : ANSI.harmless(failure.report)
      Terminal.show(isInteractive ? "\u{1B}[31m\(message)\u{1B}[0m\n" : message + "\n")
    case .other: break
    }
  }

  private func show(_ bundle: MIMEBundle) {
    if let picture = picture(of: bundle) { Terminal.print(picture) }
    if let text = bundle.plainText { Terminal.print(text + "\n", of: session) }
  }

  /// The bundle's picture in the way of this terminal; nil where there is none or it cannot be drawn.
  private func picture(of bundle: MIMEBundle) -> String? {
    let (png, svg) = (bundle[.png]?.bytes, bundle[.svg]?.text)
    guard png != nil || svg != nil else { return nil }
    if images == nil { images = isInteractive ? InlineImage.detect() : InlineImage.Mode.none }
    guard let images, images != .none else { return nil }
    do {
      let image = try png.map { try Image(pngData: $0) } ?? svg.map { try Image(svg: $0) }
      return try image.map {
        try InlineImage.text($0, png: png, mode: images, columns: Terminal.width, rows: Terminal.height)
      }
    } catch {
      return nil
    }
  }

  func setImages(_ mode: InlineImage.Mode) { images = mode }

  // MARK: Completion

  private func complete(_ text: String, _ cursor: Int) -> LineEditor.Completion {
    guard text.hasPrefix(":") else {
      let found = session.complete(text, at: cursor)
      return .init(range: found.range, candidates: found.candidates)
    }
    return ReplColon.complete(text, cursor, session)
  }
}
