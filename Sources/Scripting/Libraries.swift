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

    let arguments = try lua.table(list: options.arguments.count)
    try arguments.set(0, options.scriptName)
    for (number, argument) in options.arguments.enumerated() { try arguments.set(number + 1, argument) }
    try globals.set("arg", arguments)
  }

  /// Where `require` looks: in the plugin folders, then beside the script (which may be called as a plugin is).
  /// A plugin `name` is `name/init.lua`, its parts are `name/part.lua`, required as "name.part".
  private var searchPath: String {
    let beside = options.scriptName.lastIndex(of: "/").map { String(options.scriptName[..<$0]) } ?? "."
    let folders = (Installation.pluginFolders + [beside]).filter { !$0.contains(";") && !$0.contains("?") }
    return folders.map { "\($0)/?.lua;\($0)/?/init.lua" }.joined(separator: ";")
  }
}
