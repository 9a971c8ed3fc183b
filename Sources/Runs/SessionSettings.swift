import Glibc
import Platform
import Scripting
import Tensor

/// What a session is opened with, whichever door it is for.
public struct SessionSettings: Sendable {
  /// The script, as `arg[0]`.
  public var scriptName = ""
  public var arguments: [String] = []
  /// What `lunette.load()` opens when it is given no name.
  public var model: String?
  /// Plugins may do what their manifests ask for, unconfined.
  public var isTrusted = false
  /// With a plugin that has no grant: for how many seconds Lua may run in one cell.
  public var timeLimit = Supervisor.defaultSeconds
  /// What the run writes; it is there already.
  public var outputFolder: String?

  /// Where to compute; as `LUNETTE_DEVICE` says if `nil`. One device serves all sessions of a process.
  public var device: String?

  public init() {}

  /// Opens a session that finds the plugins which the script's folder gives.
  ///
  /// - Parameters:
  ///   - delivery: what the run writes elsewhere than in its folder, with its parent's help once it is confined.
  ///   - onNote: takes warnings, each a line.
  public func open(delivery: Delivery? = nil, onNote: @escaping @Sendable (String) -> Void) throws -> Session
  {
    let readable = readableFolders
    var options = Session.Options(plugins: .standard(for: readable[0]))
    options.readableFolders = readable
    // Only where a plugin without grant is in reach: a process more is a process more.
    let guarded =
      options.plugins.mayNeedConfinement ? try guarded(delivery: delivery, onNote: onNote) : nil
    return try open(options, guarded)
  }

  /// Opens a session of such options, with what the settings say beside.
  public func open(_ options: Session.Options, _ guarded: SessionGuard?) throws -> Session {
    try useDevice()
    var options = options
    options.scriptName = scriptName
    options.arguments = arguments
    options.model = model
    options.isTrusted = isTrusted
    options.outputFolder = outputFolder
    options.confine = { rules in
      guard let guarded else {
        throw ScriptingError(
          "the plugin '\(rules.plugin)' has no grant, and was not there when the run began")
      }
      try guarded.confine(rules)
    }
    let session = try Session(options)
    guarded?.watch(session)
    return session
  }

  /// - Throws: why the device cannot be had, in one line.
  private func useDevice() throws {
    if let device { setenv("LUNETTE_DEVICE", device, 1) }
    do { try Compute.checkDevice() } catch { throw ScriptingError("\(error)") }
    if let device, device != Compute.deviceName {
      throw ScriptingError(
        "the device \(device) comes too late: this process computes on \(Compute.deviceName)")
    }
  }

  /// What holds plugins without grant; nil where all are trusted. Forks: what follows runs in a child. So it comes before all else:
  /// Swift's `Mutex` remembers a thread's number from its first lock on, and the child's main thread has another one.
  public func guarded(
    delivery: Delivery? = nil, onNote: @escaping @Sendable (String) -> Void
  ) throws -> SessionGuard? {
    isTrusted ? nil : try SessionGuard(timeLimit, delivery: delivery, onNote: onNote)
  }

  /// The script's folder, and the models that it may open by name or by the command line.
  private var readableFolders: [String] {
    var folders = [Folder.parent(of: scriptName)]
    if let model { folders.append(Installation.plugin(named: model) ?? model) }
    return folders
  }
}
