import Foundation
import Testing

/// Plugins as their users meet them, each test in a home of its own.
@Suite struct PluginCommandTests {
  let program: Program
  private var environment: [String: String] {
    ["HOME": program.folder.path, "XDG_DATA_HOME": "", "LUNETTE_PLUGINS": ""]
  }

  init() throws { program = try Program() }

  private func run(_ arguments: String...) throws -> Program.Result {
    try program.run(arguments, environment: environment)
  }

  @Test func fromTheFirstLineToAnotherProject() throws {
    #expect(try run("plugin", "new", "sharp-maps").status == 0)
    let tested = try run("plugin", "test", "sharp-maps")
    #expect(tested.status == 0)
    #expect(tested.output == "tests/sharp-maps_test.lua\n1 test passed\n")
    #expect(
      try run("plugin", "check", "sharp-maps").output == "sharp-maps 0.1-1: nothing to complain about\n")
    #expect(try run("plugin", "pack", "sharp-maps").output == "./sharp-maps-0.1-1.all.rock\n")
    let installed = try run("plugin", "install", "sharp-maps-0.1-1.all.rock")
    #expect(installed.output.hasPrefix("installed sharp-maps 0.1-1 (How concentrated a map is) in "))
    #expect(installed.output.contains("it asks for nothing: it runs confined"))
    #expect(try program.text("lunette-plugins.lock").contains("\"source\": \"./sharp-maps-0.1-1.all.rock\""))
    let listed = try run("plugin", "list").output.split(separator: "\n").first { $0.hasPrefix("sharp-maps ") }
    #expect(listed?.split(separator: " ").joined(separator: " ") == "sharp-maps 0.1-1 runs confined")
    // From here on there is only what was installed.
    try FileManager.default.removeItem(at: program.file("sharp-maps"))

    try program.script("print(require('sharp-maps').concentration(lunette.tensor.ones{ 10, 10 }))")
    #expect(try run("run", "script.lua").output == "0.10000000149012\n")
    #expect(try run("plugin", "restore").output == "sharp-maps 0.1-1 is installed\n")
    #expect(try run("plugin", "upgrade").output == "sharp-maps 0.1-1 is the newest\n")

    // Somebody changes the installed files.
    let folder = program.file(".local/share/lunette/installed/sharp-maps/0.1-1")
    try Data("return 1".utf8).write(to: folder.appendingPathComponent("init.lua"))
    #expect(try run("run", "script.lua").errors.contains("its files are not those that were installed"))
    #expect(try run("plugin", "restore").output.contains("installed sharp-maps 0.1-1"))
    #expect(try run("run", "script.lua").status == 0)

    #expect(try run("plugin", "remove", "sharp-maps").output == "removed sharp-maps 0.1-1\n")
    #expect(try run("run", "script.lua").errors.contains("no plugin 'sharp-maps'"))
    #expect(
      try run("plugin", "remove", "sharp-maps").errors
        == "lunette: the plugin 'sharp-maps' is not installed\n")
  }

  /// The cookbook's plugin: what its notebook writes is a plugin whose command runs.
  @Test func theCookbooksPluginWorks() throws {
    let recipe = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Docs/cookbook/plugin_command.lua")
    let made = try run("run", recipe.path, "--out", "made", "--set", "steps=1", "--set", "count=1")
    #expect(made.status == 0, "\(made.errors)")
    let tested = try run("plugin", "test", "made/contrasts")
    #expect(tested.output == "tests/contrasts_test.lua\n1 test passed\n", "\(tested.errors)")
    #expect(try run("plugin", "install", "made/contrasts").status == 0)
    #expect(
      try run("contrasts").output
        == "contrasts sheet   Lays out seeds by contrast: lunette contrasts sheet PROMPT [COUNT [STEPS]]\n")
    let drawn = try run("contrasts", "sheet", "a cat", "1", "1")
    #expect(drawn.status == 0, "\(drawn.errors)")
    #expect(drawn.errors.contains("lunette-out/contrasts-sheet/01-a-cat.png"))
    #expect(
      try run("contrasts", "sheet", "a cat", "none").errors.contains("a number of seeds expected, got 'none'")
    )
  }

  @Test func extensionsAreScaffolded() throws {
    #expect(try run("plugin", "new", "sharp-maps", "--extensions").status == 0)
    let tested = try run("plugin", "test", "sharp-maps")
    #expect(tested.status == 0, "\(tested.output)\(tested.errors)")
    #expect(
      try run("plugin", "check", "sharp-maps").output == "sharp-maps 0.1-1: nothing to complain about\n")
    #expect(try run("plugin", "pack", "sharp-maps").output == "./sharp-maps-0.1-1.all.rock\n")
    #expect(try run("plugin", "install", "sharp-maps-0.1-1.all.rock").errors.isEmpty)
    let share = try run("sharp-maps", "noise")
    #expect(Double(share.output.dropLast()).map { $0 > 0.1 && $0 < 1 } == true, "\(share.errors)")
    #expect(share.errors.contains("lunette-out/sharp-maps-noise/01-noise.png\n"), "\(share.errors)")
    #expect(share.errors.hasSuffix("lunette: lunette-out/sharp-maps-noise/report.html\n"), "\(share.errors)")
    #expect(
      try program.names(in: "lunette-out/sharp-maps-noise") == ["01-noise.png", "report.html", "run.json"])
    #expect(try program.text("lunette-out/sharp-maps-noise/report.html").contains("lunette sharp-maps noise"))
    #expect(try run("sharp-maps", "noise", "x").errors.contains("a seed expected, got 'x'"))
    let misspelt = try run("sharp-maps", "niose")
    #expect(misspelt.status == 1)
    #expect(
      misspelt.errors == "lunette: the plugin 'sharp-maps' has no command 'niose'; did you mean 'noise'?\n")
    #expect(
      try run("sharp-maps").output
        == "sharp-maps noise   Says how concentrated noise is: lunette sharp-maps noise [SEED]\n")
    #expect(
      try run("eval", "lunette.load():generate{ prompt = 'a', steps = 2, scheduler = 'sharp-maps.plain' }")
        .status == 0)
    #expect(try run("eval", "lunette.display{ concentration = 0.5 }").status == 0)
    #expect(
      try run("eval", "lunette.metrics['sharp-maps.concentration'](lunette.tensor.ones{ 10, 10 })").status
        == 0)
  }

  /// What the plugin uses on its author's machine and would not have on others'.
  @Test(arguments: [
    "extensions.lua", "parts/maps.lua", "help/maps.md", "model/unet/config.json", "native/maps.c",
  ])
  func whatThePluginUsesIsDeclared(_ path: String) throws {
    _ = try run("plugin", "new", "maps")
    let file = program.file("maps/\(path)")
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data("return {}\n".utf8).write(to: file)
    let packed = try run("plugin", "pack", "maps")
    #expect(packed.status == 1)
    let place = path.hasSuffix(".lua") ? "build.modules" : "build.copy_directories"
    #expect(
      packed.errors
        == "lunette: \(path) would be left out: maps-0.1-1.rockspec does not declare it (in \(place))\n")
    #expect(!FileManager.default.fileExists(atPath: program.file("maps-0.1-1.all.rock").path))
    #expect(try run("plugin", "check", "maps").output.contains("\(path): the manifest does not declare it"))
    let installed = try run("plugin", "install", "maps")
    #expect(installed.status == 0)
    #expect(
      installed.errors
        == "lunette: warning: \(path) is not installed: maps-0.1-1.rockspec does not declare it\n")
  }

  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path
  static let shipped = ((try? FileManager.default.contentsOfDirectory(atPath: root + "/Plugins")) ?? [])
    .sorted()

  /// What the rockspec's file name says.
  private static func version(ofPluginIn folder: String, name: String) throws -> Substring? {
    let files = try FileManager.default.contentsOfDirectory(atPath: folder)
    return files.first { $0.hasSuffix(".rockspec") }?.dropFirst(name.count + 1).dropLast(".rockspec".count)
  }

  /// What comes with the program follows the author's guide as strangers' plugins shall: nothing is missing in them, they are healthy
  /// with the built-in model, their tests pass as they would anywhere, confined, and their examples run.
  @Test(arguments: shipped)
  func shippedPluginsFollowTheGuide(_ name: String) throws {
    let folder = "\(Self.root)/Plugins/\(name)"
    let checked = try run("plugin", "check", folder)
    let version = try #require(try Self.version(ofPluginIn: folder, name: name))
    #expect(checked.output == "\(name) \(version): nothing to complain about\n", "\(checked.errors)")
    let tested = try run("plugin", "test", folder)
    #expect(tested.status == 0, "\(tested.output)\(tested.errors)")
    let examples = try FileManager.default.contentsOfDirectory(atPath: folder + "/examples")
    #expect(!examples.isEmpty)
    for example in examples {
      let result = try run("run", "\(folder)/examples/\(example)")
      #expect(result.status == 0, "\(example): \(result.errors)")
    }
  }

  /// The guide's transcript, line by line.
  @Test func theGuideIsTrue() throws {
    let guide = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Docs/plugins.md")
    let text = try String(contentsOf: guide, encoding: .utf8)
    let block = try #require(
      text.components(separatedBy: "```console\n").dropFirst().first?.components(separatedBy: "\n```").first)
    try FileManager.default.createDirectory(at: program.file("bin"), withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      at: program.file("bin/lunette"), withDestinationURL: Program.url)
    var folder = program.folder
    var steps: [(command: String, output: [String])] = []
    for line in block.components(separatedBy: "\n") {
      if line.hasPrefix("$ ") {
        steps.append((String(line.dropFirst(2)), []))
      } else {
        steps[steps.count - 1].output.append(line)
      }
    }
    #expect(steps.count > 10)
    for step in steps {
      let shell = Process()
      shell.executableURL = URL(fileURLWithPath: "/bin/sh")
      shell.arguments = ["-c", step.command + " 2>&1; pwd > $HOME/.folder"]
      shell.currentDirectoryURL = folder
      shell.environment = environment.merging(["PATH": program.file("bin").path + ":/usr/bin:/bin"]) { $1 }
      let output = Pipe()
      shell.standardOutput = output
      try shell.run()
      let bytes = output.fileHandleForReading.readDataToEndOfFile()
      shell.waitUntilExit()
      let printed = String(decoding: bytes, as: UTF8.self).replacing(program.folder.path, with: "~")
      #expect(printed == step.output.map { $0 + "\n" }.joined(), "\(step.command)")
      folder = URL(fileURLWithPath: try program.text(".folder").trimmingCharacters(in: .newlines))
    }
  }

  @Test func failuresOfTestsCanBeRead() throws {
    _ = try run("plugin", "new", "maps")
    try Data(
      """
      local test = require "lunette.test"
      local t = lunette.tensor
      test.case("numbers", function() test.near(t{ 1, 2, 3 }, { 1, 2.5, 3 }) end)
      test.case("shapes", function() test.near(t{ 1, 2 }, t{ { 1, 2 } }) end)
      test.case("tables", function() test.same({ a = { 1 } }, { a = { 2 } }) end)
      test.case("errors", function() test.fails("no such word", error, "another") end)
      test.case("pictures", function() test.image(lunette.image.new(t.ones{ 4, 4, 3 }), "white") end)
      test.case("right", function() test.near(1, 1 + 1e-9) end)
      """.utf8
    ).write(to: program.file("maps/tests/maps_test.lua"))
    let result = try run("plugin", "test", "maps")
    #expect(result.status == 1)
    for line in [
      "differs by up to 0.5: 2.5 expected, got 2 at element 2 of 3", "shape {1, 2} expected, got {2}",
      "expected the error 'no such word', got 'another'", "lunette plugin test --update makes it",
      "1 of 1 test failed",
    ] { #expect(result.output.contains(line), "\(line): \(result.output)") }
    #expect(result.output.components(separatedBy: "FAILED").count == 6)
    _ = try run("plugin", "test", "maps", "--update")
    #expect(try program.names(in: "maps/tests/goldens") == ["white.png"])
    #expect(try run("plugin", "test", "maps").output.components(separatedBy: "FAILED").count == 5)
  }

  @Test func whatAPluginAsksForIsShownAndGrantedByTheUser() throws {
    _ = try run("plugin", "new", "reader")
    let spec = program.file("reader/reader-0.1-1.rockspec")
    let text = try String(contentsOf: spec, encoding: .utf8)
      .replacing("{ \"lunette\" }", with: "{ \"lunette\", \"lunette:files\" }")
    try Data(text.utf8).write(to: spec)
    try Data("return { read = function() return io.open('/etc/passwd') ~= nil end }".utf8)
      .write(to: program.file("reader/init.lua"))
    let code = "require('reader').read()"
    let asked = try run("plugin", "install", "reader")
    #expect(
      asked.output.contains(
        "asks to read and write any of your files (lunette:files): not granted; --trust grants it"))
    #expect(try run("eval", code).output == "false\n")
    #expect(try run("eval", "--trust", code).output == "true\n")
    let granted = try run("plugin", "install", "--trust", "reader")
    #expect(granted.output.contains("(lunette:files): granted"))
    #expect(try run("eval", code).output == "true\n")
    #expect(try run("doctor").output.contains("granted: may read and write any of your files"))

    // A grant that came with somebody else's project counts for nothing.
    _ = try run("plugin", "install", "reader")
    let lock = try program.text("lunette-plugins.lock").replacing(
      "\"source\"", with: "\"granted\": [\"files\"], \"source\"")
    try Data(lock.utf8).write(to: program.file("lunette-plugins.lock"))
    #expect(try run("eval", code).output == "false\n")
    #expect(try run("plugin", "restore", "--trust").status == 0)
    #expect(try run("eval", code).output == "true\n")
  }

  @Test func strangersCannotTakeKnownNamesOrRunBuilds() throws {
    func install(_ change: (String) -> String) throws -> String {
      _ = try? FileManager.default.removeItem(at: program.file("maps"))
      _ = try run("plugin", "new", "maps")
      let spec = program.file("maps/maps-0.1-1.rockspec")
      try Data(change(try String(contentsOf: spec, encoding: .utf8)).utf8).write(to: spec)
      return try run("plugin", "install", "maps").errors
    }
    #expect(
      try install {
        $0.replacing("type = \"builtin\"", with: "type = \"command\", install_command = \"touch ran\"")
      }
      .contains("build.install_command is not a field that plugins may use"))
    #expect(
      try install { $0.replacing("lua >= 5.4", with: "lua >= 5.5") }.contains(
        "needs lua >= 5.5; Lunette has Lua 5.4"))
    #expect(
      try install { $0.replacing("\"lunette\" }", with: "\"lunette\", \"lunette >= 99\" }") }.contains(
        "needs lunette >= 99"))
    #expect(
      try install { $0.replacing("\"lua >= 5.4\"", with: "\"lua >= 5.4\", \"nothing >= 1\"") }
        .contains("'maps' needs 'nothing >= 1', which is not installed"))
    #expect(
      try install { $0.replacing("\"lua >= 5.4\"", with: "\"lua >= 5.4\", \"daam >= 99\"") }
        .contains("'maps' needs 'daam >= 99'; there is 0.1-1"))
    #expect(
      try install { $0.replacing("package = \"maps\"", with: "os.execute('touch ran') package = \"maps\"") }
        .contains("attempt to index a nil value (global 'os')"))
    #expect(!FileManager.default.fileExists(atPath: program.file("ran").path))
    _ = try run("plugin", "new", "daam")
    #expect(
      try run("plugin", "install", "daam").errors
        == "lunette: 'daam' is the name of a plugin that comes with Lunette\n")
    for name in ["lunette", "io", "os", "string", "table"] {
      #expect(try run("plugin", "new", name).errors == "lunette: '\(name)' is taken\n")
      #expect(
        try install {
          $0.replacing("\"maps\"", with: "\"\(name)\"").replacing("maps.health", with: name + ".health")
        }
        .contains("which is the name of something that Lua or Lunette brings along"))
    }
    #expect(try run("plugin", "new", "../x").errors.contains("cannot be the name of a plugin"))
    #expect(try run("plugin", "install", "/nothing").status == 1)
  }

  @Test func twoProjectsHaveTwoVersions() throws {
    _ = try run("plugin", "new", "maps")
    for version in ["0.1-1", "0.2-1"] {
      let text = try String(contentsOf: program.file("maps/maps-0.1-1.rockspec"), encoding: .utf8)
      let folder = program.file("project-\(version)")
      try FileManager.default.copyItem(at: program.file("maps"), to: folder)
      try FileManager.default.removeItem(at: folder.appendingPathComponent("maps-0.1-1.rockspec"))
      try Data(text.replacing("0.1-1", with: version).utf8).write(
        to: folder.appendingPathComponent("maps-\(version).rockspec"))
      try Data("return '\(version)'".utf8).write(to: folder.appendingPathComponent("init.lua"))
      try Data("print(require 'maps', nil)".utf8).write(to: folder.appendingPathComponent("use.lua"))
      try Data("{\"lunette_plugins\": 1, \"plugins\": []}".utf8).write(
        to: folder.appendingPathComponent("lunette-plugins.lock"))
      #expect(try program.run("plugin", "install", ".", environment: environment, folder: folder).status == 0)
    }
    for version in ["0.1-1", "0.2-1"] {
      let result = try run("run", "project-\(version)/use.lua")
      #expect(result.output.hasPrefix(version), "\(result.output) \(result.errors)")
    }
    #expect(try program.run("eval", "(require 'maps')", environment: environment).output == "0.2-1\n")
  }

  @Test func pluginsComeFromGit() throws {
    _ = try run("plugin", "new", "maps")
    let folder = program.file("maps").path
    for arguments in [
      ["init", "-q"], ["add", "."],
      ["-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "-qm", "First"],
    ] {
      let git = Process()
      git.executableURL = URL(fileURLWithPath: "/usr/bin/git")
      git.arguments = ["-C", folder] + arguments
      try git.run()
      git.waitUntilExit()
    }
    let result = try run("plugin", "install", "git+file://\(folder)")
    #expect(result.output.hasPrefix("installed maps 0.1-1"), "\(result.errors)")
    #expect(try program.text("lunette-plugins.lock").contains("git+file://\(folder)#"))
    #expect(try run("plugin", "remove", "maps").status == 0)
    #expect(try run("plugin", "install", "git+file://\(folder)#none").status == 1)
    #expect(try run("plugin", "install", "ext::sh -c 'touch ran'").status == 1)
    #expect(try run("plugin", "install", "git+ext::sh -c 'touch ran'").status == 1)
    // Protocols that run programs, read our descriptors or come unprotected.
    for address in [
      "git+fd::0", "git+foo::bar", "fd::0", "git+http://example.org/x", "git://example.org/x",
      "ftp://example.org/x",
      "git+ext::sh -c touch% ran", "ssh://-oProxyCommand=touch/x", "git@-oProxyCommand=touch:x",
      "git+git@host::x",
    ] {
      let refused = try run("plugin", "install", address)
      #expect(refused.status == 1, "\(address)")
      #expect(
        ["no address", "is not protected on its way", "No such file"].contains {
          refused.errors.contains($0)
        },
        "\(address): \(refused.errors)")
    }
    // Neither the environment nor a configuration of the user's makes git run what it should not.
    try Data(
      "[protocol \"ext\"]\nallow = always\n[url \"ext::sh -c touch% ran% \"]\ninsteadOf = https://evil.example/\n"
        .utf8
    )
    .write(to: program.file(".gitconfig"))
    let hostile = environment.merging([
      "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "core.fsmonitor", "GIT_CONFIG_VALUE_0": "touch ran",
      "GIT_ALLOW_PROTOCOL": "ext", "GIT_SSH_COMMAND": "touch ran", "GIT_TEMPLATE_DIR": program.folder.path,
    ]) { $1 }
    #expect(
      try program.run("plugin", "install", "https://evil.example/x", environment: hostile).status == 1)
    #expect(
      try program.run("plugin", "install", "git+file://\(folder)", environment: hostile).output.hasPrefix(
        "installed maps"))
    #expect(!FileManager.default.fileExists(atPath: program.file("ran").path))
  }

  /// A long fetch ends with the program, and leaves nothing behind.
  @Test func gitEndsWithTheProgram() throws {
    let bin = program.file("bin")
    try FileManager.default.createDirectory(at: bin, withIntermediateDirectories: true)
    try Data("#!/bin/sh\necho $$ > \(program.file("git.pid").path)\nexec sleep 600\n".utf8)
      .write(to: bin.appendingPathComponent("git"))
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o755], ofItemAtPath: bin.appendingPathComponent("git").path)
    let temporary = program.file("tmp")
    try FileManager.default.createDirectory(at: temporary, withIntermediateDirectories: true)
    for signal in [SIGTERM, SIGINT, SIGKILL] {
      try? FileManager.default.removeItem(at: program.file("git.pid"))
      let result = try program.run(
        "plugin", "install", "https://example.org/x",
        environment: environment.merging(["PATH": bin.path + ":/usr/bin:/bin", "TMPDIR": temporary.path]) {
          $1
        },
        whileRunning: { child in
          try Program.wait { (try? program.text("git.pid").hasSuffix("\n")) ?? false }
          kill(child, signal)
        })
      #expect(result.status != 0)
      let git = try #require(Int32(program.text("git.pid").trimmingCharacters(in: .whitespacesAndNewlines)))
      try Program.wait { kill(git, 0) != 0 }
      if signal != SIGKILL { #expect(try program.names(in: "tmp").isEmpty) }
    }
  }

  @Test func theConsentTextIsOneLine() throws {
    _ = try run("plugin", "new", "maps")
    let spec = program.file("maps/maps-0.1-1.rockspec")
    let text = try String(contentsOf: spec, encoding: .utf8)
    for (summary, isInstalled) in [
      ("Maps)\\n  it asks for nothing: it runs confined\\n(", true), ("a\\rinstalled", true),
      ("\\u{202E}evil", false),
      ("\\u{9B}2J", false), ("\\27[2K", false), ("\\u{2028}x", false), ("\\8", false),
    ] {
      try Data(text.replacing("How concentrated a map is", with: summary).utf8).write(to: spec)
      let result = try run("plugin", "install", "maps")
      #expect((result.status == 0) == isInstalled, "\(summary): \(result.errors)")
      #expect(
        result.output.split(separator: "\n").count == (isInstalled ? 2 : 0), "\(summary): \(result.output)")
      #expect(result.errors.split(separator: "\n").count == (isInstalled ? 0 : 1))
      for character in (result.output + result.errors).unicodeScalars where character != "\n" {
        #expect(
          character.properties.generalCategory != .control && character.properties.generalCategory != .format)
      }
    }
  }

  @Test func pluginsExtendTheProgram() throws {
    let folder = program.file("plugins/extra")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try Data("return { value = function() return { kind = 'extra' } end }".utf8)
      .write(to: folder.appendingPathComponent("init.lua"))
    try Data(
      """
      return {
        commands = { greet = { summary = "Greets", run = function(arguments) print("hello " .. arguments[1]) end } },
        metrics = { double = function(x) return 2 * x end },
        color_maps = { red = { { 0, 0, 0 }, { 1, 0, 0 } }, wrong = { { 1 } } },
        displays = { function(value)
          if value.kind == "extra" then return { ["text/plain"] = "shown by extra" } end
        end },
      }
      """.utf8
    ).write(to: folder.appendingPathComponent("extensions.lua"))
    let environment = environment.merging(["LUNETTE_PLUGINS": program.file("plugins").path]) { $1 }
    #expect(try program.run("extra", "greet", "you", environment: environment).output == "hello you\n")
    #expect(try program.run("extra", "shout", environment: environment).errors.contains("there are greet"))
    #expect(try program.run("nothing", "greet", environment: environment).status == 2)
    func eval(_ code: String) throws -> String {
      let result = try program.run("eval", code, environment: environment)
      return result.output + result.errors
    }
    #expect(try eval("lunette.metrics['extra.double'](4)") == "8\n")
    #expect(
      try eval(
        "lunette.image.color_map(lunette.tensor{ { 0, 1 } }, { colors = 'extra.red' }):tensor()[{ 1, 2, 1 }]")
        == "1.0\n")
    #expect(
      try eval("lunette.image.color_map(lunette.tensor{ { 0, 1 } }, { colors = 'extra.wrong' })").contains(
        "is not a list of { red, green, blue }"))
    #expect(try eval("lunette.display(require('extra').value())") == "shown by extra\n")
    #expect(try eval("lunette.extension('commands', 'none.x')").contains("there is no plugin 'none'"))
    #expect(try eval("lunette.extension('toys', 'extra.x')").contains("one of commands"))
  }
}
