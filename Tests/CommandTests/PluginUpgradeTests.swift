import Foundation
import Testing

/// `plugin upgrade`: what is newer where a plugin came from takes its place, with no more than was granted.
@Suite struct PluginUpgradeTests {
  let program: Program
  private var environment: [String: String] {
    ["HOME": program.folder.path, "XDG_DATA_HOME": "", "LUNETTE_PLUGINS": ""]
  }

  init() throws {
    program = try Program()
    #expect(try program.run("plugin", "new", "maps", environment: environment).status == 0)
  }

  /// Makes the plugin's source another version.
  private func release(_ version: String, name: String = "maps", labels: String = "\"lunette\"") throws {
    let folder = program.file("maps")
    for old in try program.names(in: "maps") where old.hasSuffix(".rockspec") {
      try FileManager.default.removeItem(at: folder.appendingPathComponent(old))
    }
    try Data(
      """
      rockspec_format = "3.0"
      package = "\(name)"
      version = "\(version)"
      source = { url = "git+https://example.org/maps.git" }
      description = { summary = "Maps", license = "MIT", labels = { \(labels) } }
      build = { type = "builtin", modules = { ["\(name)"] = "init.lua" } }
      """.utf8
    ).write(to: folder.appendingPathComponent("\(name)-\(version).rockspec"))
    try Data("return { version = lunette.plugin.version }".utf8)
      .write(to: folder.appendingPathComponent("init.lua"))
  }

  private func plugin(_ arguments: String...) throws -> Program.Result {
    switch arguments.count {
    case 1: try program.run("plugin", arguments[0], environment: environment)
    case 2: try program.run("plugin", arguments[0], arguments[1], environment: environment)
    default: try program.run("plugin", arguments[0], arguments[1], arguments[2], environment: environment)
    }
  }

  private var version: String {
    get throws { try program.run("eval", "require('maps').version", environment: environment).output }
  }

  @Test func aNewerVersionTakesItsPlace() throws {
    try release("0.9-1")
    _ = try plugin("install", "maps")
    #expect(try plugin("upgrade").output == "maps 0.9-1 is the newest\n")
    try release("0.10-1")
    #expect(try plugin("upgrade", "maps").output.hasPrefix("installed maps 0.10-1 (Maps) in "))
    #expect(try version == "0.10-1\n")
    #expect(try program.text("lunette-plugins.lock").contains("\"version\": \"0.10-1\""))
    #expect(try !program.text("lunette-plugins.lock").contains("0.9-1"))
    // An older one does not, and another project keeps the one that it names.
    try release("0.2-1")
    #expect(try plugin("upgrade").output == "maps 0.10-1 is the newest\n")
    #expect(try version == "0.10-1\n")
    #expect(
      try program.names(in: ".local/share/lunette/installed/maps").filter { $0.hasPrefix("0.") }
        == ["0.10-1", "0.9-1"])
  }

  @Test func aGrantHoldsForWhatWasAskedThen() throws {
    try release("0.1-1", labels: "\"lunette\", \"lunette:files\"")
    _ = try plugin("install", "--trust", "maps")
    try release("0.2-1", labels: "\"lunette\", \"lunette:files\"")
    #expect(try plugin("upgrade").output.contains("(lunette:files): granted"))
    try release("0.3-1", labels: "\"lunette\", \"lunette:files\", \"lunette:programs\"")
    let more = try plugin("upgrade").output
    #expect(more.contains("(lunette:programs): not granted") && more.contains("(lunette:files): not granted"))
    #expect(try version == "0.3-1\n")
  }

  @Test func whatIsGoneOrAnotherIsSaid() throws {
    try release("0.1-1")
    _ = try plugin("install", "maps")
    #expect(try plugin("upgrade", "none").errors == "lunette: the plugin 'none' is not installed\n")
    try release("0.2-1", name: "other")
    #expect(try plugin("upgrade").errors.contains("now it is 'other'"))
    try FileManager.default.removeItem(at: program.file("maps"))
    let gone = try plugin("upgrade")
    #expect(gone.status != 0 && gone.errors.contains("maps") && gone.errors.split(separator: "\n").count == 1)
    #expect(try version == "0.1-1\n")
  }
}
