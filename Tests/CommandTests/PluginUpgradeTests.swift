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
  private func release(
    _ version: String, name: String = "maps", labels: String = "\"lunette\"", more: String = ""
  ) throws {
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
    let text = """
      return { version = lunette.plugin.version, reads = function() return io.open("/etc/passwd") ~= nil end }
      \(more)
      """
    try Data(text.utf8)
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

  /// Whether the plugin may read what lies outside, which takes a grant.
  private var isGranted: Bool {
    get throws {
      let code = "require('maps').reads()"
      let output = try program.run("eval", code, environment: environment).output
      try #require(["true\n", "false\n"].contains(output), "\(output)")
      return output == "true\n"
    }
  }

  private static let files = "\"lunette\", \"lunette:files\""

  /// New bytes, new consent: whether the new version asks for more or for the same.
  @Test func aGrantHoldsForTheFilesItWasGivenFor() throws {
    try release("0.1-1", labels: Self.files)
    _ = try plugin("install", "--trust", "maps")
    #expect(try isGranted)
    try release("0.2-1", labels: Self.files)
    let same = try plugin("upgrade").output
    #expect(same.contains("(lunette:files): not granted; --trust grants it"))
    #expect(same.contains("what you granted to 0.1-1 holds for its files alone"))
    #expect(try !isGranted)
    try release("0.3-1", labels: Self.files + ", \"lunette:programs\"")
    let more = try plugin("upgrade").output
    #expect(more.contains("(lunette:programs): not granted") && more.contains("(lunette:files): not granted"))
    #expect(try version == "0.3-1\n" && !isGranted)
    try release("0.4-1", labels: Self.files)
    #expect(try plugin("upgrade", "--trust").output.contains("(lunette:files): granted"))
    #expect(try isGranted)
    // The same version with other files is another thing too.
    try release("0.4-1", labels: Self.files, more: "-- more")
    _ = try plugin("install", "maps")
    #expect(try !isGranted)
  }

  @Test func olderVersionsThatComeBackAreNamed() throws {
    try release("0.1-1")
    _ = try plugin("install", "--trust", "maps")
    try release("0.2-1")
    _ = try plugin("install", "maps")
    #expect(
      try plugin("remove", "maps").output
        == "removed maps 0.2-1\n  maps 0.1-1 is still there (granted), and is what scripts find now; --all removes it too\n"
    )
    _ = try plugin("install", "maps")
    #expect(try plugin("remove", "maps", "--all").output == "removed maps 0.1-1\nremoved maps 0.2-1\n")
    #expect(try plugin("remove", "maps").errors == "lunette: the plugin 'maps' is not installed\n")
  }

  // MARK: Restoring

  private static let grant = "\"granted\": [\"files\"], \"source\""

  /// What a lock claims was granted counts only if the user says so.
  @Test func aLocksGrantsNeedTrust() throws {
    try release("0.1-1", labels: Self.files)
    _ = try plugin("install", "maps")
    let lock = try program.text("lunette-plugins.lock").replacing("\"source\"", with: Self.grant)
    try program.script(lock, name: "lunette-plugins.lock")
    #expect(try plugin("restore").output == "maps 0.1-1 is installed\n")
    #expect(try !isGranted)
    _ = try plugin("remove", "maps")
    try program.script(lock, name: "lunette-plugins.lock")
    #expect(try plugin("restore").output.contains("(lunette:files): not granted"))
    #expect(try !isGranted)
    #expect(try plugin("restore", "--trust").output.contains("(lunette:files): granted"))
    #expect(try isGranted)
    // The same bytes again need no new grant.
    try Data("return 1".utf8).write(to: program.file(".local/share/lunette/installed/maps/0.1-1/init.lua"))
    #expect(try plugin("restore").output.contains("(lunette:files): granted"))
    #expect(try isGranted)
  }

  /// A foreign project that names the same version with other files neither replaces what is installed nor gets its grant.
  @Test func anotherProjectsFilesReplaceNothing() throws {
    try release("0.1-1", labels: Self.files)
    _ = try plugin("install", "--trust", "maps")
    let (mine, checksum) = (try program.text("lunette-plugins.lock"), try sha256)
    try release("0.1-1", labels: Self.files, more: "-- evil")
    let theirs = mine.replacing(checksum, with: try sha256)
    #expect(theirs != mine)
    try program.script(theirs, name: "lunette-plugins.lock")
    for arguments in [["restore"], ["restore", "--trust"]] {
      let result = try arguments.count == 1 ? plugin(arguments[0]) : plugin(arguments[0], arguments[1])
      #expect(result.status == 1)
      #expect(
        result.errors.contains("another 'maps' 0.1-1 is installed, with other files than"), "\(result.errors)"
      )
    }
    // The finder tells the two apart as well.
    let used = try program.run("eval", "require('maps')", environment: environment)
    #expect(used.errors.contains("that is installed is not the one that lunette-plugins.lock names"))
    try program.script(mine, name: "lunette-plugins.lock")
    #expect(try isGranted)
  }

  /// What is at the source now is not what the lock names.
  @Test func aSourceThatHasChangedIsNotRestored() throws {
    try release("0.1-1")
    _ = try plugin("install", "maps")
    let lock = try program.text("lunette-plugins.lock")
    _ = try plugin("remove", "maps")
    try program.script(lock, name: "lunette-plugins.lock")
    try release("0.1-1", more: "-- changed")
    let changed = try plugin("restore")
    #expect(
      changed.status == 1 && changed.errors.contains("not what lunette-plugins.lock names as maps 0.1-1"))
    #expect(try program.run("eval", "require('maps')", environment: environment).status == 1)
    try release("0.1-1")
    #expect(try plugin("restore").output.hasPrefix("installed maps 0.1-1"))
  }

  private var sha256: String {
    get throws {
      let line = try plugin("info", program.file("maps").path).output.split(separator: "\n").first {
        $0.contains("sha256")
      }
      return String(try #require(line?.split(separator: " ").last))
    }
  }

  /// One tree, one list, one lock: none of them loses what another installs.
  @Test func manyInstallAtOnce() throws {
    var children: [Process] = []
    for number in 1...12 {
      let name = "maps\(number)"
      #expect(try program.run("plugin", "new", name, environment: environment).status == 0)
      let child = Process()
      child.executableURL = Program.url
      child.arguments = ["plugin", "install", name]
      child.currentDirectoryURL = program.folder
      child.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
      child.standardOutput = FileHandle.nullDevice
      children.append(child)
    }
    for child in children { try child.run() }
    for child in children {
      child.waitUntilExit()
      #expect(child.terminationStatus == 0)
    }
    for path in [".local/share/lunette/installed/lunette-plugins.lock", "lunette-plugins.lock"] {
      let text = try program.text(path)
      for number in 1...12 { #expect(text.contains("\"maps\(number)\""), "\(path): \(number)") }
    }
    let code = "local n = 0 for i = 1, 12 do if require('maps' .. i) then n = n + 1 end end return n"
    #expect(try program.run("eval", code, environment: environment).output == "12\n")
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
