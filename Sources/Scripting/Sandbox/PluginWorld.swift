import Glibc
import Lua
import PluginPackages

/// One plugin in a session: its own globals, its own copy of `lunette`, its modules.
final class PluginWorld {
  let plugin: LocatedPlugin
  /// On which side of the walls it lives, see `Wall`.
  var side: String { plugin.trust == .shipped ? Wall.shipped : plugin.name }
  /// Where a call names no seed.
  let random = RandomStream()
  let files: FileAccess
  /// What it says it needs; nil without a readable manifest.
  let manifest: Manifest?
  private(set) var environment: LuaTable
  private let lua: LuaState
  private var loaded: [String: LuaValue] = [:]
  private var loading: [String] = []

  init(
    _ plugin: LocatedPlugin, manifest: Manifest?, files: FileAccess, lua: LuaState,
    environment: (PluginWorld) throws -> LuaTable
  ) throws {
    self.plugin = plugin
    self.manifest = manifest
    self.files = files
    self.lua = lua
    self.environment = try lua.table()
    self.environment = try environment(self)
  }

  /// The value of a module, `daam` or `daam.maps`; it runs at the first call.
  func module(_ name: String) throws -> LuaValue {
    if let value = loaded[name] { return value }
    if let start = loading.firstIndex(of: name) {
      let circle = (loading[start...] + [name]).joined(separator: " → ")
      throw ScriptingError("modules require each other: \(circle)")
    }
    let (text, path) = try source(of: name)
    let chunk = try lua.load(text, name: path, environment: environment)
    loading.append(name)
    defer { loading.removeLast() }
    let results = try chunk.call(name, path)
    let value = results.first ?? .nil
    loaded[name] = value.isNil ? .boolean(true) : value
    return loaded[name] ?? .nil
  }

  /// Whether code from there is this plugin's: a file of it, or what it has loaded as text.
  func hasSource(_ source: String) -> Bool {
    source.hasPrefix("@\(plugin.folder)/") || source.hasPrefix("=\(plugin.name):")
  }

  /// Whether a line there calls the plugin as others do, and is none of its own: its tests and examples call it as its users.
  func isCaller(_ path: Substring) -> Bool {
    guard path.hasPrefix(plugin.folder + "/") else { return true }
    return ["tests/", "examples/"].contains { path.hasPrefix("\(plugin.folder)/\($0)") }
  }

  /// The module whose value lies there; the shortest name, if it has several.
  func moduleName(at address: UnsafeRawPointer) -> String? {
    let names = loaded.compactMap { name, value -> String? in
      if case .table(let table) = value, table.address == address { name } else { nil }
    }
    return names.min { ($0.count, $0) < ($1.count, $1) }
  }

  /// Whether there is such a module; nothing runs.
  func has(_ name: String) -> Bool { (try? source(of: name)) != nil }

  private func source(of name: String) throws -> (text: String, path: String) {
    let inner = name.split(separator: ".", omittingEmptySubsequences: false).dropFirst().joined(
      separator: "/")
    guard inner.isEmpty ? name == plugin.name : RelativePath.isPlain(inner) else {
      throw ScriptingError("'\(name)' cannot be the name of a module")
    }
    let candidates = inner.isEmpty ? ["init.lua"] : ["\(inner).lua", "\(inner)/init.lua"]
    for candidate in candidates {
      let path = "\(plugin.folder)/\(candidate)"
      guard access(path, F_OK) == 0 else { continue }
      var own = files
      own.readable = own.readable.map { _ in [plugin.folder] }
      let bytes = try own.read(path)
      guard bytes.first != 0x1B else {
        throw ScriptingError("\(path): bytecode, where the text of a module is expected")
      }
      return (String(decoding: bytes, as: UTF8.self), path)
    }
    throw ScriptingError(
      "the plugin '\(plugin.name)' has no module '\(name)' (no \(candidates.joined(separator: ", no ")))")
  }
}
