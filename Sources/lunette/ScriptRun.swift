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
  /// What kept outputs from being written: reported when the run is over.
  private var writeFailures: [CommandError] = []

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
      if failure != nil || !writeFailures.isEmpty || session.exitStatus != nil { break }
    }
    progress.clear()
    let record = RunRecord(
      script: script, scriptHash: scriptHash, document: document, failure: failure, session: session,
      outputs: folder.names, date: date, seconds: Clock.now - started)
    // Each is tried whatever became of the other: a report that has no room leaves a record of the run.
    keep { try folder.write(record.report.html(), as: "report.html") }
    keep { try folder.finish(record: record.json.text(indent: 2) + "\n") }
    if let failure {
      Terminal.show(
        (failure.isInterrupt
          ? "lunette: interrupted; what was made is in \(folder.path)" : ANSI.harmless(failure.report))
          + "\n")
      if !failure.isInterrupt, writeFailures.isEmpty {
        Terminal.note("the script failed; \(folder.path)/report.html has what was made")
      }
    }
    for failure in writeFailures { Terminal.note(failure.message) }
    if let failure { throw failure.isInterrupt ? session.interruptedStatus : ExitCode(1) }
    if !writeFailures.isEmpty { throw ExitCode(1) }
    Terminal.note("\(folder.path)/report.html")
    if let status = session.exitStatus, status != 0 { throw ExitCode(status) }
  }

  /// Writes something; what goes wrong is reported at the end.
  private func keep(_ write: () throws -> Void) {
    do { try write() } catch {
      writeFailures.append(error as? CommandError ?? CommandError("\(error)"))
    }
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
      keep { try folder.add(bundle, caption: metadata["caption"]?.string ?? cell.title) }
    case .result(let bundle, let metadata):
      // A number that a cell ends with is in the report; a picture deserves its file.
      guard bundle.types != ["text/plain"] else { return }
      show(.display(bundle, metadata: metadata), of: cell)
    case .error, .other: break
    }
  }
}
