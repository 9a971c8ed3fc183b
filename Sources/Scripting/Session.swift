import Lua
import Notebook
import Platform
import Tensor

/// One running Lunette: a Lua state with `lunette` in it, and cells that run one after the other.
///
/// The four doors (scripts, notebooks, the prompt, the Jupyter kernel) enter here and nowhere else. A session
/// belongs to the thread that made it.
public final class Session {
  public struct Options: Sendable {
    /// The script, as `arg[0]`; its folder is searched by `require`.
    public var scriptName = ""
    /// The script's own arguments: the global `arg`.
    public var arguments: [String] = []
    /// What `lunette.load()` opens when it is given no name.
    public var model: String?
    /// Plugins may do what their manifests ask for, and `require` also finds native code.
    public var isTrusted = false
    /// Where plugins come from.
    public var plugins: PluginFinder
    /// Where the door keeps what the script displays; scripts may keep files of their own there. It is all that plugins,
    /// and runs with a plugin that has no grant, may write to.
    public var outputFolder: String?
    /// What else such a run still reads: models, the script's own folder.
    public var readableFolders: [String] = []
    /// What else it may write: the golden pictures of a plugin's tests, when they are made anew.
    public var writableFolders: [String] = []
    public var updatesGoldens = false
    /// Takes the results of `lunette.test`.
    public var onTest: (@Sendable (TestResult) -> Void)?
    /// With a plugin that has no grant: bytes that Lua's own values may take, and tensors and images.
    public var confinedMemory = (lua: 1 << 30, tensors: Machine.memory / 2)
    /// Confines the process, before a plugin without grant runs; without it there are no such plugins.
    public var confine: (@Sendable (ConfinementRules) throws -> Void)?

    public init(plugins: PluginFinder = .standard()) { self.plugins = plugins }
  }

  /// A part of a plugin's test. Neither passed nor failed, it was left out.
  public struct TestResult: Sendable {
    public let name: String
    public let hasPassed: Bool?
    public let message: String
  }

  public typealias Progress = ScriptHost.Progress

  /// What was used, for the record of a run.
  public struct RunRecord: Sendable {
    public let models: [ScriptHost.LoadedModel]
    public let seeds: [UInt64]
  }

  public let options: Options
  /// Each output when it comes, text as it is printed.
  ///
  /// - Parameter kept: the part of it that stays with the cell: text beyond a limit does not.
  public var onOutput: ((Output, _ kept: Output?) -> Void)?
  /// Without it, warnings are outputs, on stderr. They stay with the cell in either case.
  public var onWarning: ((String) -> Void)?
  /// A display with an id is to be replaced by another value.
  public var onUpdate: ((_ id: String, MIMEBundle) -> Void)?
  /// What was shown of this cell is to go, now or when the next output comes.
  public var onClear: ((_ waits: Bool) -> Void)?
  /// Where `lunette.input` and `io.read` get a line; without it from stdin.
  public var onInput: ((_ prompt: String, _ isPassword: Bool) throws -> String?)?
  public var onProgress: ((Progress) -> Void)? {
    get { host.onProgress }
    set { host.onProgress = newValue }
  }
  public var record: RunRecord { RunRecord(models: host.models, seeds: host.seeds) }
  /// The status that the script asked to end with, by `os.exit`; no cell runs after that.
  public internal(set) var exitStatus: Int32?

  /// The sweep that a cell has returned last: what makes a script a plan.
  public private(set) var returnedSweep: ScriptSweep?

  /// Whether the global `_` is the value that a cell ended with, as at a prompt.
  public var keepsLastValue = false

  let lua: LuaState
  let host: ScriptHost
  /// Nil only while the session opens.
  var plugins: PluginHost?
  private(set) var scope: CellScope
  private var outputs = OutputLog()

  public init(_ options: Options = Options()) throws {
    self.options = options
    // Half of the machine's memory for Lua's own values: more is a slip of the script, and an error there is better
    // than a machine that stands still.
    lua = try LuaState(memoryLimit: Machine.memory > 0 ? Machine.memory / 2 : nil)
    scope = try CellScope(lua)
    host = ScriptHost(
      defaultModel: options.model, outputFolder: options.outputFolder, plugins: options.plugins)
    lua.host = host
    host.isFrame = { [weak self] in self?.scope.isFrame($0) ?? false }
    host.isModule = { [weak self] in self?.plugins?.moduleName(of: $0) != nil }
    host.onWarning = { [weak self] in self?.warn($0) }
    lua.onWarning = { [weak self] in self?.warn($0) }
    try openLibraries()
  }

  deinit { lua.close() }

  /// Whether code of a plugin without grant has been loaded: what is printed from then on may be a stranger's.
  public var hasStrangers: Bool { plugins?.isConfined ?? false }

  /// The names of the session's variables.
  public var variables: [String] { scope.names }

  /// Runs one cell and gives what came of it. Never throws: an error is the last output.
  ///
  /// - Parameters:
  ///   - name: what errors call the text, a script's file name.
  ///   - firstLine: the line of the script on which the cell begins.
  @discardableResult
  public func run(_ source: String, name: String = "cell", firstLine: Int = 1) -> [Output] {
    run(logging: source, name: name, firstLine: firstLine).outputs
  }

  /// The same, with the outputs as they were kept: what was cut is told apart.
  public func run(logging source: String, name: String, firstLine: Int) -> OutputLog {
    outputs = OutputLog()
    onCell?(true)
    defer { onCell?(false) }
    do {
      try lua.checkInterrupt()
      let cell = try scope.compile(source, name: name, firstLine: firstLine)
      do {
        nonisolated(unsafe) let lua = lua
        try Interruption.$current.withValue(Interruption { try lua.checkInterrupt() }) {
          try cell.function.call(with: options.arguments) { results in
            if keepsLastValue, let last = results.first(where: { !$0.isNothing }) {
              try lua.globals.set("_", last)
            }
            if let sweep = results.lazy.compactMap({ try? ScriptSweep.read($0) }).first {
              returnedSweep = sweep
            }
            for result in results where !result.isNothing { emit(.result(try bundle(of: result))) }
          }
        }
        try scope.adopt(cell, failed: false)
      } catch {
        try scope.adopt(cell, failed: true)
        throw error
      }
    } catch { fail(error) }
    defer { outputs = OutputLog() }
    return outputs
  }

  /// Whether the text is the beginning of a cell that more lines could complete.
  public func isIncomplete(_ source: String) -> Bool {
    completeness(of: source) == .incomplete
  }

  public enum Completeness: Sendable, Equatable { case complete, incomplete, invalid }

  /// Whether the text can run as it is, could with more lines, or cannot.
  public func completeness(of source: String) -> Completeness {
    var scope = scope
    do { _ = try scope.compile(source, name: "cell", firstLine: 1) } catch {
      return (error as? LuaError)?.isIncompleteInput == true ? .incomplete : .invalid
    }
    return .complete
  }

  // MARK: Interrupts

  /// Stops what runs, now and for all later cells, until `clearInterrupt()`.
  public func interrupt() { lua.interrupt() }
  public func clearInterrupt() { lua.clearInterrupt() }
  public var isInterrupted: Bool { lua.isInterrupted }
  /// The signal that interrupted it, if one did.
  public var interruptSignal: Int32? { lua.interruptSignal }
  /// From now on this signal interrupts the session; a second one ends the process.
  ///
  /// - Parameter again: whether a second signal is no more than the first, as for a kernel, which is told to stop even
  ///   when nothing runs.
  public func interruptOnSignal(_ signal: Int32, again: Bool = false) {
    lua.interruptOnSignal(signal, again: again)
  }

  /// From now on this signal ends the running cell, with this text as its error.
  public func limitOnSignal(_ signal: Int32, reason: String) { lua.limitOnSignal(signal, reason: reason) }

  /// Keeps `flag` at 1 while code of scripts runs and at 0 otherwise, and says when a cell begins and ends.
  public func noteRunning(
    in flag: UnsafeMutablePointer<Int32>, onCell: @escaping (_ isRunning: Bool) -> Void
  ) {
    lua.noteRunning(in: flag)
    self.onCell = onCell
  }
  var onCell: ((Bool) -> Void)?

  // MARK: Outputs

  func update(_ id: String, _ bundle: MIMEBundle) {
    outputs.update(id, bundle)
    onUpdate?(id, bundle)
  }

  func clear(waits: Bool) {
    outputs.clear(waits: waits)
    onClear?(waits)
  }

  func emit(_ output: Output) {
    let kept = outputs.add(output)
    onOutput?(output, kept)
  }

  func warn(_ message: String) {
    let output = Output.stream(.stderr, "warning: \(message)\n")
    guard let onWarning else { return emit(output) }
    outputs.add(output)
    onWarning(message)
  }

  private func fail(_ error: any Error) {
    if exitStatus != nil { return }
    guard let error = error as? LuaError else {
      emit(.error(.init(name: "error", message: Wording.text(of: error))))
      return
    }
    let name =
      switch error.kind {
      case .interrupted: "interrupted"
      case .syntax: "syntax"
      case .runtime, .memory, .limit: "error"
      }
    var frames = error.traceback
    // The cell itself is a function on the first line of its text; to its reader it is the main chunk.
    if let last = frames.last, last.function == "line 1" {
      frames[frames.count - 1] = LuaFrame(source: last.source, line: last.line, function: nil)
    }
    emit(
      .error(
        .init(
          name: name, message: error.message, traceback: frames.map(\.description),
          line: frames.first?.line ?? line(in: error.message))))
  }

  /// The line that a message begins with: "script.lua:3: …".
  private func line(in message: String) -> Int? {
    let parts = message.split(separator: ":", maxSplits: 2)
    return parts.count == 3 ? Int(parts[1]) : nil
  }
}
