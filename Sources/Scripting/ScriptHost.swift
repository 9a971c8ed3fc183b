import Glibc
import Imaging
import Lua
import Sampling
import Tensor

/// What bound functions may ask of the session in which they run. A session makes one, keeps it, and gives it to its Lua
/// state as `host`.
public final class ScriptHost {
  /// A step of something that takes time, for a progress bar.
  public struct Progress: Sendable, Equatable {
    public let label: String
    /// How many of `steps` are done.
    public let step: Int
    public let steps: Int
  }

  /// A model that the script has opened, where it lies, and what it was opened with.
  public struct LoadedModel: Sendable, Hashable {
    public let name: String
    public let path: String
    public let additions: [ModelPart]

    public init(name: String, path: String, additions: [ModelPart] = []) {
      (self.name, self.path, self.additions) = (name, path, additions)
    }
  }

  /// What `lunette.load()` opens when it is given no name.
  public let defaultModel: String
  let random = RandomStream()
  /// Where the door keeps what the script displays, where it does.
  public let outputFolder: String?
  public var onProgress: ((Progress) -> Void)?
  public var onWarning: ((String) -> Void)?

  /// For the record of a run: the models that were opened, and the seeds that were used, each once, in order.
  public private(set) var models: [LoadedModel] = []
  public private(set) var seeds: [UInt64] = []
  private var knownSeeds: Set<UInt64> = []

  /// Which files bound functions may open: the run's, or a plugin's own while it opens something.
  var files = FileAccess.unrestricted

  let plugins: PluginFinder
  /// The stream of the plugin whose code stands there, nil where it is not a plugin's; not set while no plugin is loaded.
  var pluginStream: ((_ source: String) -> RandomStream?)?
  /// The script has set its stream.
  var onSeed: ((UInt64) -> Void)?
  /// The colour map of a plugin by its full name, `daam.heat`.
  var pluginColorMap: ((String) throws -> ColorMap)?
  /// Whether a table holds variables of the session.
  var isFrame: ((LuaSlot) -> Bool)?
  /// Whether a table is a plugin's module.
  var isModule: ((LuaSlot) -> Bool)?
  /// Where sweeps lie, whatever they say themselves.
  var sweepFolder: String?
  /// Measures a sweep in so many processes of one thread (0 for one a core), where the door can.
  var measureSweep: ((ScriptSweep, _ workers: Int, _ retriesFailures: Bool) throws -> Void)?
  /// In such a process: does its share if this is the sweep, and answers whether it was.
  var serveSweep: ((ScriptSweep) throws -> Bool)?
  /// Makes a scheduler of a plugin, by its full name.
  var pluginScheduler: ((String, SchedulerSetup) throws -> any Scheduler)?

  public init(
    defaultModel: String? = nil, outputFolder: String? = nil, plugins: PluginFinder = .standard()
  ) {
    self.defaultModel = defaultModel ?? "emoji-world"
    self.plugins = plugins
    self.outputFolder = outputFolder
  }

  func record(_ model: LoadedModel) {
    if !models.contains(model) { models.append(model) }
  }

  func record(seeds new: [UInt64]) {
    for seed in new where knownSeeds.insert(seed).inserted { seeds.append(seed) }
  }
}

extension LuaState {
  /// The session's host. Where there is none, nothing is known of what may be done, and so nothing is.
  var scriptHost: ScriptHost {
    get throws {
      guard let host = host as? ScriptHost else { throw ScriptingError("the session is over") }
      return host
    }
  }

  /// The random numbers of whoever calls, for a call that names no seed.
  var randomStream: RandomStream {
    get throws {
      let host = try scriptHost
      guard let pluginStream = host.pluginStream, let source = nearestSource else { return host.random }
      return pluginStream(source) ?? host.random
    }
  }

  /// Sets the stream of whoever calls: a plugin's own, or the script's, and with it those of all plugins.
  func seedRandomStream(_ seed: UInt64) throws {
    let (host, stream) = (try scriptHost, try randomStream)
    stream.generator = TorchCPUGenerator(seed: seed)
    if stream === host.random { host.onSeed?(seed) }
  }
}

extension LuaCall {
  /// Throws unless the run may write this file.
  func checkWriting(_ path: String) throws { try state.scriptHost.files.check(path, for: .writing) }

  /// Throws unless this folder may be made and written into.
  func checkNewFolder(_ path: String) throws { try state.scriptHost.files.checkNewFolder(path) }

  /// Throws unless this file may be read.
  func checkReading(_ path: String) throws { try state.scriptHost.files.check(path, for: .reading) }
}
