import Foundation
import Testing

/// What reading a stranger's manifest may cost, before anything is known of it: two seconds and 50 MB beyond what an innocent one
/// costs, measured in a process of its own.
@Suite struct HostileManifestTests {
  let program: Program
  private var environment: [String: String] {
    ["HOME": program.folder.path, "XDG_DATA_HOME": "", "LUNETTE_PLUGINS": ""]
  }

  init() throws { program = try Program() }

  private static let head = """
    rockspec_format = "3.0"
    package = "maps"
    version = "0.1-1"
    source = { url = "git+https://example.org/maps.git" }
    build = { type = "builtin", modules = { maps = "init.lua" } }

    """

  /// 300,000 characters, in few steps.
  private static let long = "local s = 'abcdefgh' for _ = 1, 15 do s = s .. s end "

  static let bombs: [(name: String, code: String)] = [
    (
      "one table in many places",
      "local t = { 'x' } for _ = 1, 7 do t = { " + String(repeating: "t, ", count: 60)
        + "} end description = t"
    ),
    (
      "one table under many names",
      "local t = {} for _ = 1, 6 do local n = {} for i = 1, 60 do n['k' .. i] = t end t = n end x = t"
    ),
    ("one text in many places", long + "x = { " + String(repeating: "s, ", count: 900) + "}"),
    (
      "one text as many labels",
      long + "description = { labels = { " + String(repeating: "s, ", count: 900) + "} }"
    ),
    ("a long key", long + "x = {} x[s] = 1 x[s .. s] = 2"),
    ("long texts made again and again", long + "for i = 1, 1e9 do local t = s .. i end"),
    ("long texts doubled", "local s = 'x' while true do s = s .. s end"),
    (
      "long texts compared",
      long + "local t = s .. 'x' s = s .. 'y' while true do local _ = s < t or s == t end"
    ),
    (
      "zeros compared",
      "local s = '\\0' for _ = 1, 20 do s = s .. s end local t = s .. 'x' while true do local _ = s < t end"
    ),
    (
      "long texts as numbers",
      "local s = '1' for _ = 1, 20 do s = s .. s end while true do local _ = s + 1 end"
    ),
    ("long texts as keys", long + "local t = {} for i = 1, 1e9 do t[s .. i % 2] = i end"),
    (
      "many arguments",
      "local function f(...) return 1, ... end local function g(n, ...) return g(n - 1, f(...)) end g(1e9)"
    ),
    ("many results", long + "return " + Array(repeating: "s", count: 250).joined(separator: ", ")),
    ("a large list", "x = {} for i = 1, 1e9 do x[i] = i end"),
    ("many tables", "x = {} for i = 1, 1e9 do x[i] = {} end"),
    ("holes", "x = { [1 << 40] = 1, [-5] = 2 }"),
    ("recursion", "local function f() return f() + 1 end f()"),
    ("an endless loop", "while true do end"),
    ("labels", (0..<8000).map { "::a\($0)::" }.joined()),
    ("alternatives", "x = " + String(repeating: "a or ", count: 12_000) + "a"),
    ("parentheses", "x = " + String(repeating: "(", count: 60_000)),
    ("a long text", "x = '" + String(repeating: "x", count: 60_000) + "'"),
    ("a file beyond the bound", String(repeating: "-- x\n", count: 300_000)),
    ("many dependencies", "dependencies = { " + String(repeating: "'daam', ", count: 5000) + "}"),
    ("many modules", "for i = 1, 3000 do build.modules['maps.x' .. i] = 'x.lua' end"),
    (
      "many platforms",
      "dependencies = { platforms = { linux = { " + String(repeating: "'daam', ", count: 5000) + "} } }"
    ),
  ]

  @Test func theirCostIsBounded() throws {
    let folder = program.file("maps")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try Data("return 1".utf8).write(to: folder.appendingPathComponent("init.lua"))
    func cost(_ manifest: String) throws -> Program.Cost {
      try Data(manifest.utf8).write(to: folder.appendingPathComponent("maps-0.1-1.rockspec"))
      return try program.cost("plugin", "info", folder.path, environment: environment)
    }
    let innocent = try cost(Self.head)
    #expect(innocent.status == 0)
    // Whatever the tests themselves hold: else nothing would be measured.
    #expect(innocent.megabytes > 5 && innocent.megabytes < 100, "\(innocent.megabytes) MB")
    for (name, code) in Self.bombs {
      let hostile = try cost(Self.head + code)
      #expect(hostile.status <= 1, "\(name): ended by a signal")
      #expect(hostile.seconds - innocent.seconds < 2, "\(name): \(hostile.seconds) s")
      #expect(hostile.megabytes - innocent.megabytes < 50, "\(name): \(hostile.megabytes) MB")
    }
  }
}
