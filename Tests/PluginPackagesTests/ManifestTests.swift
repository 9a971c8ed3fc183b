import Testing

@testable import PluginPackages

@Suite struct ManifestTests {
  static let good = """
    rockspec_format = "3.0"
    package = "maps"
    version = "1.2-1"
    source = { url = "git+https://example.org/maps.git", tag = "v1.2" }
    description = { summary = "Maps", license = "MIT", labels = { "lunette", "lunette >= 0.1", "lunette:files" } }
    dependencies = { "lua >= 5.4", "daam >= 0.1, < 1" }
    build = {
      type = "builtin",
      modules = { maps = "init.lua", ["maps.words"] = "src/words.lua" },
      copy_directories = { "tests" },
    }
    """

  static func changed(_ old: String, _ new: String) -> String { good.replacing(old, with: new) }

  @Test func readsWhatIsDeclared() throws {
    let manifest = try Manifest(Self.good, file: "maps-1.2-1.rockspec")
    #expect(manifest.name == "maps")
    #expect(manifest.version == PluginVersion("1.2-1"))
    #expect(manifest.fileName == "maps-1.2-1.rockspec")
    #expect(manifest.capabilities == [.files])
    #expect(manifest.lunette?.text == "lunette >= 0.1")
    #expect(manifest.lua?.text == "lua >= 5.4")
    #expect(manifest.dependencies.map(\.text) == ["daam >= 0.1, < 1"])
    #expect(manifest.modules == ["maps": "init.lua", "maps.words": "src/words.lua"])
    #expect(manifest.folders == ["tests"])
  }

  /// A change of the good manifest, and what is said about it.
  static let refusals: [(old: String, new: String, message: String)] = [
    ("\"maps\"", "nil", "package is missing"),
    ("\"maps\"", "'../maps'", "package is '../maps'"),
    ("\"maps\"", "'Maps'", "package is 'Maps'"),
    ("\"maps\"", "{}", "package must be a text"),
    ("\"1.2-1\"", "'1.2'", "a version with a revision expected"),
    ("\"1.2-1\"", "'../../x-1'", "version is '../../x-1'"),
    ("source = ", "sauce = ", "source.url is missing"),
    ("source = ", "post_install = 'x' source = ", "post_install is not a field that plugins may use"),
    ("source = ", "hooks = {} source = ", "hooks is not a field"),
    ("source = ", "external_dependencies = {} source = ", "external_dependencies is not a field"),
    ("source = ", "build_dependencies = {} source = ", "build_dependencies is not a field"),
    ("source = ", "deploy = { wrap_bin_scripts = true } source = ", "deploy is not a field"),
    ("tag = ", "module = ", "source.module is not a field"),
    (
      "type = \"builtin\"", "type = 'command', build_command = 'touch x'",
      "build.build_command is not a field"
    ),
    ("type = \"builtin\"", "type = 'make'", "build.type is 'make', which would run something"),
    ("type = \"builtin\"", "type = 'cmake'", "build.type is 'cmake'"),
    (
      "type = \"builtin\"", "platforms = { linux = { type = 'command', install_command = 'x' } }",
      "build.install_command is not a field"
    ),
    ("type = \"builtin\"", "platforms = { unix = { type = 'make' } }", "build.type is 'make'"),
    ("type = \"builtin\"", "platforms = 1", "build has 'platforms' that cannot be put over the rest"),
    ("tag = ", "platforms = { linux = { url = {} } }, tag = ", "source.url must be a text"),
    ("type = \"builtin\"", "install = { bin = { 'x' } }", "build.install is not a field"),
    ("type = \"builtin\"", "patches = {}", "build.patches is not a field"),
    ("\"init.lua\"", "'x.so'", "which is no .lua file: native code is not installed"),
    ("\"init.lua\"", "'x.c'", "which is no .lua file"),
    ("\"init.lua\"", "{ sources = { 'x.c' } }", "which is no .lua file"),
    ("\"init.lua\"", "'/etc/init.lua'", "names '/etc/init.lua', which is not a path in the plugin"),
    ("\"init.lua\"", "'../init.lua'", "which is not a path in the plugin"),
    ("\"init.lua\"", "'a/../../b.lua'", "which is not a path in the plugin"),
    ("[\"maps.words\"]", "string", "build.modules declares 'string': modules of 'maps' expected"),
    ("[\"maps.words\"]", "['maps...words']", "which cannot be the name of a module"),
    ("[\"maps.words\"]", "['maps./x']", "which cannot be the name of a module"),
    ("{ \"tests\" }", "{ '..' }", "which is not a path in the plugin"),
    ("{ \"tests\" }", "{ '/etc' }", "which is not a path in the plugin"),
    ("{ \"tests\" }", "{ 'lua' }", "names 'lua'"),
    ("{ \"tests\" }", "'tests'", "must be a list of texts"),
    ("\"lunette:files\"", "'lunette:everything'", "asks for 'lunette:everything', which does not exist"),
    ("\"daam >= 0.1, < 1\"", "'maps'", "names the plugin itself"),
    ("\"daam >= 0.1, < 1\"", "'daam >> 1'", "is not a condition"),
    ("\"daam >= 0.1, < 1\"", "'../daam'", "is not a dependency"),
    ("\"Maps\"", "'\\27[2J'", "contains control characters"),
    ("\"3.0\"", "'4.0'", "rockspec_format is 4.0"),
    ("rockspec_format = \"3.0\"", "", "description.labels needs rockspec_format"),
    // what a manifest may try, being Lua
    ("source = ", "os.execute('touch x') source = ", "attempt to index a nil value (global 'os')"),
    ("source = ", "io.open('x') source = ", "attempt to index a nil value (global 'io')"),
    ("source = ", "require 'x' source = ", "attempt to call a nil value (global 'require')"),
    ("source = ", "load('x') source = ", "attempt to call a nil value (global 'load')"),
    ("source = ", "local s = (''):rep(9) source = ", "attempt to index a string value"),
    ("source = ", "while true do end source = ", "too many steps"),
    ("source = ", "local function f() return f() end f() source = ", "too many steps"),
    ("source = ", "local function f() f() end f() source = ", "not enough memory"),
    ("source = ", "local s = 'x' while true do s = s .. s end source = ", "not enough memory"),
    ("source = ", "local t = {} t.t = t x = t source = ", "nested too deep"),
    ("source = ", "f = function() end source = ", "'f' is not a text, a number or a table"),
    ("\"Maps\"", "'a\\u{85}b'", "contains control characters"),
    ("\"Maps\"", "'a\\u{202E}b'", "contains control characters, or marks that change the direction"),
    ("\"MIT\"", "'MIT\\u{2066}'", "description.license contains"),
    ("\"lunette\", ", "'lunette\\rx', 'a\\u{9B}2J', ", "description.labels contains"),
    ("{ \"tests\" }", "{ 'te\\u{200E}sts' }", "build.copy_directories contains"),
    ("source = ", "x = { 1, a = 2 } source = ", "neither a list nor a table of names"),
    ("source = ", "source = = ", "unexpected symbol near '='"),
    ("rockspec_format = \"3.0\"", "\u{1B}Lua", "attempt to load a binary chunk"),
  ]

  @Test(arguments: refusals.indices)
  func refuses(_ index: Int) {
    let (old, new, message) = Self.refusals[index]
    let text = Self.changed(old, new)
    #expect(text != Self.good)
    do {
      _ = try Manifest(text, file: "x.rockspec")
      Issue.record("accepted: \(new)")
    } catch {
      #expect("\(error)".hasPrefix("x.rockspec:") && "\(error)".contains(message), "\(new): \(error)")
    }
  }

  /// Names that scripts already have a meaning for.
  @Test(arguments: [
    "lunette", "lua", "io", "os", "string", "table", "math", "coroutine", "utf8", "debug", "package",
  ])
  func knownNamesAreTaken(_ name: String) {
    #expect(
      throws: PluginError(
        "x: package is '\(name)', which is the name of something that Lua or Lunette brings along")
    ) {
      _ = try Manifest(
        Self.good.replacing("maps =", with: name + " =").replacing("\"maps", with: "\"" + name), file: "x")
    }
  }

  @Test func linesOfASummaryAreBlanks() throws {
    let manifest = try Manifest(
      Self.changed("\"Maps\"", "'Maps\\n  asks for nothing:\\r\\n\\tit runs confined'"), file: "x")
    #expect(manifest.summary == "Maps asks for nothing: it runs confined")
    let detailed = try Manifest(Self.changed("summary", "detailed = 'a\\n\\tb', summary"), file: "x").detailed
    #expect(detailed == "a\n\tb")
  }

  @Test(arguments: [
    "#!/usr/bin/env lua\n", "#!lua\r\n", "# anything\n", "\u{FEFF}", "\u{FEFF}#!/usr/bin/lua\n",
  ])
  func aFirstLineForUnixIsPassedOver(_ line: String) throws {
    #expect(try Manifest(line + Self.good, file: "x").name == "maps")
    #expect(throws: PluginError.self) { _ = try Manifest("\n" + line + Self.good, file: "x") }
    // Lines count as in the file.
    let message = #"x:\#(line.contains("\n") ? 2 : 1): unexpected symbol near '='"#
    #expect(throws: PluginError(message)) { _ = try Manifest(line + "= " + Self.good, file: "x") }
  }

  /// What LuaRocks does with `platforms` on Linux: general ones first, field by field, lists place by place.
  @Test func platformsArePutOverTheRest() throws {
    func dependencies(_ text: String) throws -> [String] {
      try Manifest(Self.changed("{ \"lua >= 5.4\", \"daam >= 0.1, < 1\" }", "{ \(text) }"), file: "x")
        .dependencies
        .map(\.text)
    }
    #expect(try dependencies("'a', 'b', platforms = { windows = { 'w' }, macosx = { 'm' } }") == ["a", "b"])
    #expect(try dependencies("'a', 'b', platforms = { unix = { 'u' } }") == ["u", "b"])
    #expect(
      try dependencies("'a', platforms = { linux = { 'l', 'k' }, unix = { 'u', 'v', 'w' } }") == [
        "l", "k", "w",
      ])
    #expect(try dependencies("platforms = { linux = { 'l' } }") == ["l"])
    #expect(try dependencies("platforms = { windows = { 'l' } }") == [])
    let manifest = try Manifest(
      Self.changed(
        "type = \"builtin\"",
        "type = 'make', platforms = { linux = { type = 'builtin', modules = { maps = 'linux.lua' } }, windows = { type = 'cmake' } }"
      ), file: "x")
    #expect(manifest.modules == ["maps": "linux.lua", "maps.words": "src/words.lua"])
  }

  @Test func aGrantLetsUnknownFieldsPassButNoBuild() throws {
    _ = try Manifest(Self.changed("source = ", "test = {} source = "), file: "x", isGranted: true)
    #expect(throws: PluginError.self) {
      _ = try Manifest(Self.changed("type = \"builtin\"", "type = 'make'"), file: "x", isGranted: true)
    }
  }

  @Test func versionsAreOrderedAsLuaRocksOrdersThem() throws {
    let ordered = [
      "0.9-1", "1.0alpha-1", "1.0beta1-1", "1.0rc1-1", "1.0rc2-1", "1.0-1", "1.0-2", "1.0.1-1", "1.2-1",
      "1.10-1", "2-1", "scm-1",
    ]
    let versions = try ordered.map { try #require(PluginVersion($0)) }
    #expect(versions.shuffled().sorted().map(\.text) == ordered)
    #expect(PluginVersion("1.0-1") == PluginVersion("1-1"))
    for wrong in ["", "-1", "1.0-x", "1.0/2-1", "1..-", "foo-1", "1.0 -1", "99999999-1"] {
      #expect(PluginVersion(wrong) == nil, "\(wrong)")
    }
  }

  @Test func dependenciesAdmitVersions() throws {
    func admits(_ dependency: String, _ version: String) throws -> Bool {
      try Dependency(dependency).admits(#require(PluginVersion(version)))
    }
    #expect(try admits("daam", "7.0-1"))
    #expect(try admits("daam >= 1.0, < 2", "1.9-3"))
    #expect(try !admits("daam >= 1.0, < 2", "2.0-1"))
    #expect(try !admits("daam >= 1.0, < 2", "1.0rc1-1"))
    #expect(try admits("daam == 1.0", "1.0-4"))
    #expect(try admits("daam 1.0", "1.0-4"))
    #expect(try !admits("daam ~= 1.0", "1.0-4"))
    #expect(try admits("daam ~> 1.2", "1.2.9-1"))
    #expect(try !admits("daam ~> 1.2", "1.3-1"))
    #expect(throws: PluginError.self) { try Dependency("daam >= ") }
    #expect(throws: PluginError.self) { try Dependency("") }
  }
}
