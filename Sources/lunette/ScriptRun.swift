import ArgumentParser
import Glibc
import Notebook
import Scripting

/// One run of a script: cell by cell, outputs kept as they come, report and record at the end however it ends.
final class ScriptRun {
  private var document: Document
  private let script: String
  private let scriptHash: String
  private let folder: OutputFolder
  private let session: Session
  private var progress = ProgressBar()
  /// Of the cell that runs.
  private var outputs = OutputLog()
  /// What kept an output from being written: reported once the cell is over.
  private var writeFailure: CommandError?

  init(document: Document, script: String, scriptHash: String, folder: OutputFolder, session: Session) {
    self.document = document
    self.script = script
    self.scriptHash = scriptHash
    self.folder = folder
    self.session = session
  }

  func run() throws {
    let date = Clock.date
    let started = Clock.now
    var failure: Output.Failure?
    session.onProgress = { [weak self] in self?.progress.show($0.label, step: $0.step, of: $0.steps) }
    session.onWarning = { [weak self] text in
      self?.progress.clear()
      Terminal.note("warning: \(text)")
      self?.outputs.add(.stream(.stderr, "warning: \(text)\n"))
    }
    var count = 0
    for index in document.cells.indices where document.cells[index].kind == .code {
      guard !document.cells[index].source.isEmpty else { continue }
      count += 1
      document.cells[index].executionCount = count
      failure = run(cellAt: index)
      if failure != nil || writeFailure != nil || session.exitStatus != nil { break }
    }
    progress.clear()
    let record = RunRecord(
      script: script, scriptHash: scriptHash, document: document, failure: failure, session: session,
      outputs: folder.names, date: date, seconds: Clock.now - started)
    try folder.write(record.report.html(), as: "report.html")
    try folder.write(record.json.text(indent: 2) + "\n", as: "run.json")
    if let writeFailure { throw writeFailure }
    if let failure {
      Terminal.show(
        (failure.isInterrupt
          ? "lunette: interrupted; what was made is in \(folder.path)" : ANSI.harmless(failure.report))
          + "\n")
      if !failure.isInterrupt {
        Terminal.note("the script failed; \(folder.path)/report.html has what was made")
      }
      throw failure.isInterrupt ? ExitCode.interrupted : ExitCode(1)
    }
    Terminal.note("\(folder.path)/report.html")
    if let status = session.exitStatus, status != 0 { throw ExitCode(status) }
  }

  private func run(cellAt index: Int) -> Output.Failure? {
    let cell = document.cells[index]
    outputs = OutputLog()
    session.onOutput = { [self] output in
      outputs.add(output)
      show(output, of: cell)
    }
    session.onUpdate = { [self] in outputs.update($0, $1) }
    session.onClear = { [self] in outputs.clear(waits: $0) }
    let isInjected = cell.tags.contains(Document.injectedTag)
    let started = Clock.now
    let returned = session.run(cell.source, name: isInjected ? "--set" : script, firstLine: cell.firstLine)
    document.cells[index].seconds = Clock.now - started
    document.cells[index].outputs = outputs.outputs
    Terminal.flush()
    return returned.failure
  }

  private func show(_ output: Output, of cell: Cell) {
    switch output {
    case .stream(.stdout, let text):
      if Terminal.isInteractive { progress.clear() }
      Terminal.print(text, of: session)
    case .stream(.stderr, let text):
      progress.clear()
      Terminal.show(text, of: session)
    case .display(let bundle, let metadata):
      do {
        try folder.add(bundle, caption: metadata["caption"]?.string ?? cell.title)
      } catch {
        writeFailure = writeFailure ?? error as? CommandError
      }
    case .result(let bundle, let metadata):
      // A number that a cell ends with is in the report; a picture deserves its file.
      guard bundle.types != ["text/plain"] else { return }
      show(.display(bundle, metadata: metadata), of: cell)
    case .error, .other: break
    }
  }
}
