import Glibc
import Lua
import PluginPackages
import Tensor

/// The plugins of a session: finds them, gives each a world of its own, and sees to it that the process is confined
/// before a line of one without grant runs.
final class PluginHost {
  let lua: LuaState
  let host: ScriptHost
  let options: Session.Options
  let lunette: LuaTable
  let emit: (String, String) -> Void
  /// Of the sandbox's Lua: makes the environment of a plugin.
  let prelude: LuaFunction
  /// What stands between the plugins' worlds, see `Wall`.
  let wall: LuaTable
  private var worlds: [String: PluginWorld] = [:]
  /// In the order in which they were loaded.
  private(set) var loaded: [PluginWorld] = []
  private(set) var isConfined = false
  /// What the script has set its random numbers to: those of plugins begin there too.
  private var seed: UInt64 = 0

  /// - Parameter emit: takes what plugins write: "stdout" or "stderr", and the text.
  init(
    lua: LuaState, host: ScriptHost, options: Session.Options, lunette: LuaTable,
    emit: @escaping (String, String) -> Void
  ) throws {
    self.lua = lua
    self.host = host
    self.options = options
    self.lunette = lunette
    self.emit = emit
    let keep = try lua.function("keep(message)") { call in
      let message: String = try call[1]
      call.state.keepTraceback(of: message)
    }
    wall = try lua.load(Wall.source, name: "=[sandbox]").call(keep, returning: LuaTable.self)
    prelude = try lua.load(SandboxPrelude.source, name: "=[sandbox]").call(
      wall, returning: LuaFunction.self)
  }

  /// The searcher that `require` asks: plugins come before what lies beside the script.
  func addSearcher(to package: LuaTable) throws {
    let searchers: LuaTable = try package.get("searchers")
    let native = 3...4
    let rest: [LuaValue] = try [2].map { try searchers.get($0) }
    try searchers.set(
      2,
      try lua.function("searcher(name)") { [weak self] call -> LuaMany in
        guard let self else { return LuaMany() }
        let name: String = try call[1]
        guard try self.locate(name) != nil else {
          return LuaMany("no plugin '\(Self.plugin(of: name))'\(Installation.absenceHint)")
        }
        let loader = try call.state.function("loader(name, place)") { [weak self] _ in
          LuaMany(list: try self.map { [try $0.module(name)] } ?? [])
        }
        return LuaMany(loader, name)
      })
    for (place, searcher) in rest.enumerated() { try searchers.set(3 + place, searcher) }
    // Native code is looked for only where the user asks for it: `package.loadlib` is still there for scripts.
    if !options.isTrusted {
      for place in native.dropFirst(rest.count) { try searchers.set(place, LuaValue.nil) }
    }
  }

  /// The value of a plugin's module, for a script.
  func module(_ name: String) throws -> LuaValue {
    guard let plugin = try locate(name) else {
      throw ScriptingError("there is no plugin '\(Self.plugin(of: name))'\(Installation.absenceHint)")
    }
    return try world(of: plugin).module(name)
  }

  /// The name of a plugin's module that a table is.
  func moduleName(of slot: LuaSlot) -> String? {
    guard slot.kind == .table, let address = slot.address else { return nil }
    for world in loaded {
      if let name = world.moduleName(at: address) { return name }
    }
    return nil
  }

  static func plugin(of module: String) -> String { String(module.prefix { $0 != "." }) }

  /// The plugin that a module is of; nil if there is none.
  ///
  /// - Throws: `ScriptingError` for names that no file can have: Lua's own message would repeat them for each place that it looked in.
  func locate(_ module: String) throws -> LocatedPlugin? {
    guard module.utf8.count <= 255 else {
      throw ScriptingError("the name of a module has at most 255 bytes, got \(module.utf8.count)")
    }
    let name = Self.plugin(of: module)
    guard PluginName.isValid(name), !PluginName.isReserved(name) else { return nil }
    return try options.plugins.find(name)
  }

  // MARK: Worlds

  func world(of plugin: LocatedPlugin) throws -> PluginWorld {
    if let known = worlds[plugin.name] { return known }
    let manifest = try manifest(of: plugin)
    var plugin = plugin
    if options.isTrusted, plugin.trust == .none {
      plugin = LocatedPlugin(
        name: plugin.name, folder: plugin.folder, trust: .granted, capabilities: manifest?.capabilities ?? [])
    }
    if plugin.trust == .shipped {
      plugin = LocatedPlugin(
        name: plugin.name, folder: plugin.folder, trust: .shipped, capabilities: manifest?.capabilities ?? [])
    }
    let world = try PluginWorld(plugin, manifest: manifest, files: access(of: plugin), lua: lua) {
      try environment(of: $0)
    }
    world.random.generator = TorchCPUGenerator(seed: seed)
    worlds[plugin.name] = world
    loaded.append(world)
    host.pluginStream = { [weak self] source in self?.loaded.first { $0.hasSource(source) }?.random }
    host.onSeed = { [weak self] seed in
      self?.seed = seed
      for world in self?.loaded ?? [] { world.random.generator = TorchCPUGenerator(seed: seed) }
    }
    return world
  }

  /// Nothing of a plugin without grant is read before the process is held, not even what it says about itself.
  func manifest(of plugin: LocatedPlugin) throws -> Manifest? {
    if plugin.trust == .none, !options.isTrusted { try confine(for: plugin) }
    return try options.plugins.manifest(of: plugin)
  }

  private func access(of plugin: LocatedPlugin) -> FileAccess {
    if plugin.capabilities.contains(.files) { return .unrestricted }
    let output = options.outputFolder.map { [$0] } ?? []
    return FileAccess(
      readable: [plugin.folder] + output, writable: output + options.writableFolders,
      subject: "the plugin '\(plugin.name)'")
  }

  /// From here on the whole run is held: what follows cannot tell a script's wish from a plugin's.
  private func confine(for plugin: LocatedPlugin) throws {
    guard !isConfined else { return }
    let rules = ConfinementRules(
      plugin: plugin.name,
      readable: [plugin.folder] + options.plugins.folders + options.readableFolders + host.models.map(\.path),
      writable: (options.outputFolder.map { [$0] } ?? []) + options.writableFolders)
    guard let confine = options.confine else {
      throw ScriptingError("the plugin '\(plugin.name)' has no grant, and nothing here can confine it")
    }
    try confine(rules)
    host.files.writable = rules.writable
    host.files.subject = "a run with the plugin '\(plugin.name)', which has no grant,"
    isConfined = true
    lua.setMemoryLimit(options.confinedMemory.lua)
    lua.externalLimit = options.confinedMemory.tensors
  }
}
