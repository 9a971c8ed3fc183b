import Lua

extension Session {
  /// Puts `lunette` and what goes with it into the fresh state.
  func openLibraries() throws {
    let globals = try lua.globals
    let lunette = try lua.module()
    try globals.set("lunette", lunette.table)
    let package: LuaTable = try globals.get("package")
    try (package.get("loaded") as LuaTable).set("lunette", lunette.table)
    try package.set("path", searchPath)
    try bindBasics(lunette)
    try bindPrinting(globals)
    try bindDisplay(lunette)
    try bindHelp(lunette)
    try bindInput(lunette)
    try Bindings.add(to: lunette)
    let plugins = try PluginHost(lua: lua, host: host, options: options, lunette: lunette.table) {
      [weak self] stream, text in
      self?.emit(.stream(stream == "stderr" ? .stderr : .stdout, text))
    }
    try plugins.addSearcher(to: package)
    try plugins.addExtensions()
    self.plugins = plugins

    let arguments = try lua.table(list: options.arguments.count)
    try arguments.set(0, options.scriptName)
    for (number, argument) in options.arguments.enumerated() { try arguments.set(number + 1, argument) }
    try globals.set("arg", arguments)
  }

  /// Where `require` looks for what is not a plugin: beside the script.
  private var searchPath: String {
    let beside = options.scriptName.lastIndex(of: "/").map { String(options.scriptName[..<$0]) } ?? "."
    guard !beside.contains(";"), !beside.contains("?") else { return "" }
    return "\(beside)/?.lua;\(beside)/?/init.lua"
  }
}
