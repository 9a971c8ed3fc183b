import Glibc
import Lua
import PluginPackages

/// What a plugin's code sees.
extension PluginHost {
  func environment(of world: PluginWorld) throws -> LuaTable {
    let plugin = world.plugin
    let fields = try lua.table()
    try fields.set("name", plugin.name)
    try fields.set("world", world.side)
    let granted = try lua.table()
    for capability in plugin.capabilities { try granted.set(capability.rawValue, true) }
    try fields.set("granted", granted)
    let math = try lua.freshMath()
    try (math.get("randomseed") as LuaFunction).call(0)
    try fields.set("math", math)
    try fields.set("lunette", try library(for: world))
    try fields.set("require", try requirer(for: world))
    try fields.set("extension", try extensionFinder(returnsOwner: true))
    try fields.set("open", try opener(for: world))
    try fields.set(
      "emit",
      try lua.function("write(stream, ...)") { [emit] call in
        let stream: String = try call[1]
        for position in 2..<max(call.count + 1, 2) { emit(stream, try call.slot(position).tostring()) }
      })
    return try prelude.call(fields, returning: LuaTable.self)
  }

  /// `require` in a plugin: its own modules, and the plugins that it declares.
  private func requirer(for world: PluginWorld) throws -> LuaFunction {
    let plugin = world.plugin
    return try lua.function("require(name)") { [weak self, unowned world] call -> LuaMany in
      guard let self else { return LuaMany() }
      let name: String = try call[1]
      let owner = Self.plugin(of: name)
      if owner == plugin.name { return LuaMany(try world.module(name), world.side) }
      if name == "lunette.test" { return LuaMany(try self.testLibrary(for: world), world.side) }
      // Those that come with Lunette trust each other.
      if plugin.trust == .shipped, let other = try self.locate(name), other.trust == .shipped {
        return LuaMany(try self.world(of: other).module(name), Wall.shipped)
      }
      guard let wish = world.manifest?.dependencies.first(where: { $0.name == owner }) else {
        throw ScriptingError("the plugin '\(plugin.name)' does not declare '\(owner)' as a dependency")
      }
      guard let other = try self.locate(name) else {
        throw ScriptingError("the plugin '\(plugin.name)' needs '\(wish)', which is not installed")
      }
      let version = try self.manifest(of: other)?.version
      guard version.map(wish.admits) ?? true else {
        throw ScriptingError(
          "the plugin '\(plugin.name)' needs '\(wish)'; there is \(version?.text ?? "no version")")
      }
      let otherWorld = try self.world(of: other)
      return LuaMany(try otherWorld.module(name), otherWorld.side)
    }
  }

  /// Runs in the plugin's own world: what it may not open, its tests may not either.
  private func testLibrary(for world: PluginWorld) throws -> LuaValue {
    let report = try lua.function("report(name, passed, message)") { [weak self] call in
      let name: String = try call[1]
      let message: String = try call[3]
      self?.options.onTest?(.init(name: name, hasPassed: try call[2], message: message))
    }
    let chunk = try lua.load(TestLibrary.source, name: "=[lunette.test]", environment: world.environment)
    let results = try chunk.call(report, world.plugin.folder, options.updatesGoldens)
    return results.first ?? .nil
  }

  /// `io.open` of a plugin.
  private func opener(for world: PluginWorld) throws -> LuaFunction {
    let files = world.files
    return try lua.function("open(path, mode?)") { call -> LuaMany in
      let path: String = try call[1]
      let mode: String = try call[2] ?? "r"
      guard let (flags, use) = Self.modes[mode.filter { $0 != "b" }] else {
        throw LuaArgumentError(2, "mode expected, as \"r\" or \"w\", got \"\(mode)\"")
      }
      do {
        if use == .writing, mode.contains("+"), files.readable != nil { try files.check(path, for: .reading) }
        return LuaMany(try call.state.file(descriptor: files.open(path, flags: flags, for: use), mode: mode))
      } catch let error as ScriptingError { return LuaMany(LuaValue.nil, error.message) }
    }
  }

  private static let modes: [String: (Int32, FileAccess.Use)] = [
    "r": (O_RDONLY, .reading), "w": (O_WRONLY | O_CREAT | O_TRUNC, .writing),
    "a": (O_WRONLY | O_CREAT | O_APPEND, .writing), "r+": (O_RDWR, .writing),
    "w+": (O_RDWR | O_CREAT | O_TRUNC, .writing), "a+": (O_RDWR | O_CREAT | O_APPEND, .writing),
  ]

  /// A plugin's own copy of `lunette`: the same functions in tables that it may change as it likes, with those that open
  /// files held to its own.
  private func library(for world: PluginWorld) throws -> LuaTable {
    var copies: [UnsafeRawPointer: LuaTable] = [:]
    let copy = try Self.copy(lunette, lua, &copies)
    let (plugin, files) = (world.plugin, world.files)
    let own = try lua.table()
    try own.set("name", plugin.name)
    try own.set("version", world.manifest?.version.text)
    try own.set("folder", plugin.folder)
    try copy.set("plugin", own)
    try Bindings.addOptions(to: LuaModule(state: lua, table: copy)) { [unowned world] in
      $0.location(world.isCaller)
    }
    try copy.set("native", try nativeLoader(for: world))
    guard !plugin.capabilities.contains(.files) else { return copy }
    for (module, names) in Self.openers {
      let holder: LuaTable = try module.map { try copy.get($0) } ?? copy
      for name in names { try holder.set(name, try held(holder.get(name), to: files)) }
    }
    return copy
  }

  /// `lunette.native` of a plugin: the primitives of `native/NAME.so` in its folder.
  private func nativeLoader(for world: PluginWorld) throws -> LuaFunction {
    let (plugin, label) = (world.plugin, Capability.native.label)
    let asks = world.manifest?.capabilities.contains(.native) ?? false
    return try lua.function("native(name)") { call -> LuaTable in
      let name: String = try call[1]
      guard plugin.capabilities.contains(.native) else {
        throw ScriptingError(
          "the plugin '\(plugin.name)' may not load native code: "
            + (asks
              ? "it asks for it ('\(label)'), and only you can grant it: lunette plugin install --trust, or --trust for one run"
              : "its manifest does not ask for it (the label '\(label)')"))
      }
      guard PluginName.isValid(name) else {
        throw LuaArgumentError(1, "name of a library expected, got '\(name)'")
      }
      let path = "\(plugin.folder)/native/\(name).so"
      try FileAccess(readable: [plugin.folder], writable: [], subject: "the plugin '\(plugin.name)'")
        .check(path, for: .reading)
      return try NativeLibrary(path: path).table(call.state)
    }
  }

  /// The functions of `lunette` and its modules that open files.
  static let openers: [(module: String?, names: [String])] = [
    (nil, ["load", "load_clip", "sweep"]), ("tensor", ["load", "save"]), ("image", ["open"]),
    ("json", ["load"]),
  ]

  /// The same function, which opens what the plugin may open.
  private func held(_ original: LuaFunction, to files: FileAccess) throws -> LuaFunction {
    try lua.function("held(...)") { [host] call -> LuaMany in
      let outer = host.files
      host.files = files
      defer { host.files = outer }
      return LuaMany(
        list: try original.call(with: call.arguments(as: LuaValue.self)) { try $0.map(LuaValue.read) })
    }
  }

  /// - Parameter copies: those made, by where the original lies: a script may have put `lunette` into itself.
  private static func copy(
    _ table: LuaTable, _ lua: LuaState, _ copies: inout [UnsafeRawPointer: LuaTable]
  ) throws -> LuaTable {
    if let address = table.address, let copy = copies[address] { return copy }
    let copy = try lua.table()
    if let address = table.address { copies[address] = copy }
    for (key, value) in try table.pairs() {
      if case .table(let inner) = value {
        try copy.set(key, try Self.copy(inner, lua, &copies))
      } else {
        try copy.set(key, value)
      }
    }
    let call = try table.metafield("__call")
    if !call.isNil {
      let metatable = try lua.table()
      try metatable.set("__call", call)
      try metatable.set("__metatable", false)
      try copy.setMetatable(metatable)
    }
    return copy
  }
}
