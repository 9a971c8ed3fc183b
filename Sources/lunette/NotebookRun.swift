import ArgumentParser
import Encoding
import Glibc
import Notebook
import Scripting

/// One run of a notebook: each cell's outputs are written into the file as soon as the cell is through.
final class NotebookRun {
  private var document: Document
  private let name: String
  private let target: String
  private let session: Session
  private let parameters: [Parameter]
  private let allowsErrors: Bool
  private let delivery: Delivery?
  private var progress = ProgressBar()

  init(
    document: Document, name: String, target: String, session: Session, parameters: [Parameter],
    allowsErrors: Bool, delivery: Delivery? = nil
  ) {
    self.document = document
    self.name = name
    self.target = target
    self.session = session
    self.parameters = parameters
    self.allowsErrors = allowsErrors
    self.delivery = delivery
  }

  /// - Parameter first: the first cell whose outputs are made anew; those before it keep what they have.
  func run(from first: Int) throws {
    let date = Clock.date
    let started = Clock.now
    session.onProgress = { [weak self] in self?.progress.show($0.label, step: $0.step, of: $0.steps) }
    for index in document.cells.indices.dropFirst(first) where document.cells[index].kind == .code {
      document.cells[index].outputs = []
      document.cells[index].executionCount = nil
    }
    var count = 0
    var failures: [Output.Failure] = []
    for index in document.cells.indices where document.cells[index].kind == .code {
      guard !document.cells[index].source.isEmpty, session.exitStatus == nil else { continue }
      count += 1
      let outputs = run(cellAt: index)
      if index >= first {
        document.cells[index].executionCount = count
        document.cells[index].outputs = outputs
        record(date, seconds: Clock.now - started, failed: !failures.isEmpty || outputs.failure != nil)
        try write()
      }
      guard let failure = outputs.failure else { continue }
      failures.append(failure)
      if !allowsErrors || failure.isInterrupt { break }
    }
    progress.clear()
    record(date, seconds: Clock.now - started, failed: !failures.isEmpty)
    try write()
    if let failure = failures.first {
      Terminal.show(ANSI.harmless(failure.report) + "\n")
      if failures.contains(where: \.isInterrupt) { throw session.interruptedStatus }
      if !allowsErrors { throw ExitCode(1) }
    }
    if let status = session.exitStatus, status != 0 { throw ExitCode(status) }
  }

  private func run(cellAt index: Int) -> [Output] {
    let cell = document.cells[index]
    var log = OutputLog()
    session.onWarning = { [weak self] text in
      self?.progress.clear()
      Terminal.note("warning: \(text)")
      log.add(.stream(.stderr, "warning: \(text)\n"))
    }
    session.onOutput = { log.add($0) }
    session.onUpdate = { log.update($0, $1) }
    session.onClear = { log.clear(waits: $0) }
    let isInjected = cell.tags.contains(Document.injectedTag)
    // In a script, lines count through the file; in a notebook, through the cell.
    let isScript = name.hasSuffix(".lua") && !isInjected
    let place = isInjected ? "--set" : isScript ? name : "cell \(index + 1)"
    session.run(cell.source, name: place, firstLine: isScript ? cell.firstLine : 1)
    return log.outputs
  }

  /// What papermill writes down, under the name that its readers look for.
  private func record(_ date: String, seconds: Double, failed: Bool) {
    var values: JSON.Object = [:]
    for parameter in parameters { values[parameter.name] = parameter.json }
    document.metadata["papermill"] = [
      "duration": .number(seconds.rounded(to: 3)), "exception": failed ? true : nil,
      "input_path": .string(name),
      "output_path": .string(target), "parameters": .object(values), "start_time": .string(date),
    ]
  }

  private func write() throws {
    if target.lowercased().hasSuffix(".html") {
      let page = Report(document: document, fallbackTitle: Files.stem(of: name)).html()
      return try NotebookFile.write(page, to: target)
    }
    var file = document
    file.formatMinor = max(file.formatMinor, 4)
    if let delivery, session.hasStrangers { return try delivery.put(file.ipynb()) }
    try NotebookFile.write(file.ipynb(), to: target)
  }
}
