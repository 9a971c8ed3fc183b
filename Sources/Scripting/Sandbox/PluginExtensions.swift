import Imaging
import Lua
import PluginPackages

/// What plugins add to the program: the table that their module `NAME.extensions` returns, by kind and name. Others find
/// an extension as `NAME.thing`; until somebody asks, nothing of the plugin runs.
extension PluginHost {
  /// The kinds of extensions, and what their values are.
  static let extensionKinds = [
    "commands", "repl_commands", "metrics", "color_maps", "schedulers", "displays", "models",
  ]

  /// `lunette.extension(kind, "plugin.name")`, and the metrics of plugins in `lunette.metrics`.
  func addExtensions() throws {
    try lunette.set("extension", try extensionFinder(returnsOwner: false))
    let metrics: LuaTable = try lunette.get("metrics")
    let metatable = try lua.table()
    try metatable.set(
      "__index",
      try lua.function("metrics(table, name)") { [weak self] call -> LuaMany in
        guard let name = call.slot(2).string, name.contains(".") else { return LuaMany(LuaValue.nil) }
        return LuaMany(try self?.found("metrics", name) ?? .nil)
      })
    try metatable.set("__metatable", false)
    try metrics.setMetatable(metatable)
    host.pluginColorMap = { [weak self] name in
      guard let self else { throw ScriptingError("the session is over") }
      return try self.colorMap(name)
    }
    host.pluginScheduler = { [weak self] name, setup in
      guard let self else { throw ScriptingError("the session is over") }
      guard case .function(let make) = try found("schedulers", name) else {
        throw ScriptingError("the scheduler '\(name)' is not a function that makes a scheduler")
      }
      return try LuaScheduler(name, make, setup)
    }
  }

  /// - Parameter returnsOwner: gives the side of the walls that the extension lives on as well.
  func extensionFinder(returnsOwner: Bool) throws -> LuaFunction {
    try lua.function("extension(kind, name)") { [weak self] call -> LuaMany in
      let kind: String = try call[1]
      guard Self.extensionKinds.contains(kind) else {
        throw LuaArgumentError(
          1, "one of \(Self.extensionKinds.joined(separator: ", ")) expected, got '\(kind)'")
      }
      let name: String = try call[2]
      guard let self else { return LuaMany() }
      let value = try self.found(kind, name)
      guard returnsOwner, let plugin = try self.locate(name) else { return LuaMany(value) }
      return LuaMany(value, try self.world(of: plugin).side)
    }
  }

  /// A list of colours { red, green, blue } in [0, 1], from low to high.
  private func colorMap(_ name: String) throws -> ColorMap {
    guard case .table(let list) = try found("color_maps", name) else {
      throw ScriptingError("the colour map '\(name)' is not a list of colours")
    }
    let stops = try list.read(as: [[Double]].self)
    guard stops.allSatisfy({ $0.count == 3 && $0.allSatisfy(\.isFinite) }) else {
      throw ScriptingError("the colour map '\(name)' is not a list of { red, green, blue }")
    }
    return try ColorMap(name: name, stops: stops.map { SIMD3(Float($0[0]), Float($0[1]), Float($0[2])) })
  }

  /// An extension by its full name.
  func found(_ kind: String, _ name: String) throws -> LuaValue {
    let owner = Self.plugin(of: name)
    let own = String(name.dropFirst(owner.count + 1))
    guard !own.isEmpty, let plugin = try locate(owner) else {
      throw ScriptingError("there is no plugin '\(owner)', of which '\(name)' would be one of the \(kind)")
    }
    let extensions = try self.extensions(of: world(of: plugin), kind)
    let value = try extensions?.get(own, as: LuaValue.self) ?? .nil
    guard value.isNil else { return value }
    let known = try extensions?.pairs().compactMap { pair in
      if case .string(let key) = pair.key { key } else { nil }
    }
    let list = (known ?? []).sorted().joined(separator: ", ")
    throw ScriptingError(
      "the plugin '\(owner)' has no '\(own)' among its \(kind)" + (list.isEmpty ? "" : "; there are: \(list)")
    )
  }

  /// The extensions of one kind that a plugin has, with what they say of themselves.
  func summaries(_ kind: String, of owner: String) throws -> [(name: String, summary: String)] {
    guard let plugin = try locate(owner) else { throw ScriptingError("there is no plugin '\(owner)'") }
    let pairs = try extensions(of: world(of: plugin), kind)?.pairs() ?? []
    return pairs.compactMap { key, value -> (name: String, summary: String)? in
      guard case .string(let name) = key else { return nil }
      guard case .table(let fields) = value else { return (name, "") }
      return (name, ((try? fields.get("summary", as: String?.self)) ?? nil) ?? "")
    }.sorted { $0.name < $1.name }
  }

  private func extensions(of world: PluginWorld, _ kind: String) throws -> LuaTable? {
    let module = world.plugin.name + ".extensions"
    guard world.has(module), case .table(let all) = try world.module(module) else { return nil }
    guard case .table(let table) = try all.get(kind, as: LuaValue.self) else { return nil }
    return table
  }

  /// The extensions of one kind that the plugins have which were loaded, by full name; broken ones are left out.
  func loadedExtensions(_ kind: String) -> [(name: String, summary: String)] {
    var found: [(name: String, summary: String)] = []
    for world in loaded {
      guard let table = (try? extensions(of: world, kind)) ?? nil else { continue }
      for (key, value) in (try? table.pairs()) ?? [] {
        guard case .string(let name) = key, case .table(let fields) = value else { continue }
        let summary = (try? fields.get("summary", as: String?.self)) ?? nil
        found.append(("\(world.plugin.name).\(name)", summary ?? ""))
      }
    }
    return found.sorted { $0.name < $1.name }
  }

  /// The bundle that a loaded plugin has for a value which cannot show itself.
  func display(_ slot: LuaSlot) throws -> LuaReference? {
    for world in loaded {
      guard let displays = try extensions(of: world, "displays") else { continue }
      for place in 0..<(try displays.count) {
        let display: LuaFunction = try displays.get(place + 1)
        let value = try (wall.get("shown") as LuaFunction).call(
          slot, world.plugin.name, world.side, returning: LuaValue.self)
        let bundle = try display.call(with: [value]) { results in
          results.first?.kind == .table ? try results[0].reference() : nil
        }
        if let bundle { return bundle }
      }
    }
    return nil
  }
}
