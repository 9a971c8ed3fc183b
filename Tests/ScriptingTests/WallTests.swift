import Foundation
import Notebook
import Testing

@testable import Scripting

/// Whatever crosses from one plugin to another is a view.
@Suite struct WallTests {
  private static func rockspec(_ name: String, needs: String) -> String {
    """
    package = "\(name)"  version = "1.0-1"
    source = { url = "file://." }
    dependencies = { \(needs) }
    build = { type = "builtin", modules = { ["\(name)"] = "init.lua" } }
    """
  }

  /// `victim` is asked by all; `middle` hands on what it has of it; `thief` tries to change it.
  private func bench(_ thief: String, victim: String = WallTests.victim) throws -> PluginBench {
    try PluginBench([
      "victim": [
        "victim-1.0-1.rockspec": Self.rockspec("victim", needs: ""), "init.lua": victim,
        "extensions.lua": """
        local own = require "victim"
        return {
          metrics = { all = own }, commands = { go = { run = function() return own.list end } },
          displays = { function(value)
            own.shown = value
            if getmetatable(value) == own.meta then return { ["text/plain"] = "mine" } end
          end },
          color_maps = { red = { { 0, 0, 0 }, { 1, 0, 0 } } },
        }
        """,
      ],
      "middle": [
        "middle-1.0-1.rockspec": Self.rockspec("middle", needs: "'victim'"),
        "init.lua": """
        local victim = require "victim"
        return { victim = victim, list = function() return victim.list end, pass = function(...) return ... end,
          call = function(f, ...) return f(...) end, box = { inner = { victim.list } } }
        """,
      ],
      "thief": [
        "thief-1.0-1.rockspec": Self.rockspec("thief", needs: "'victim', 'middle'"), "init.lua": thief,
        "extensions.lua": """
        return { displays = { function(value)
          taken = value
          pcall(function() value.stolen = true end)
          pcall(rawset, value, "stolen", true)
          for _, field in pairs(value) do if type(field) == "table" then pcall(rawset, field, 1, "stolen") end end
        end } }
        """,
      ],
    ])
  }

  private static let victim = """
    local victim = { list = { 1, 2, 3 }, deep = { { "whole" } }, meta = { __index = { kind = "own" }, __add = function(a, b)
      return a.value + b.value
    end } }
    function victim.object(value) return setmetatable({ value = value }, victim.meta) end
    function victim.fail() error(victim.list) end
    function victim.each(f) for i, item in ipairs(victim.deep) do f(item, victim.list) end end
    function victim.keep(value) victim.kept = value return victim.kept == value end
    function victim.thread() return coroutine.create(function(a) local b = coroutine.yield(victim.list, a) victim.got = b end) end
    function victim.iterate() return coroutine.wrap(function() for i = 1, 2 do coroutine.yield(victim.deep[1]) end end) end
    function victim.pause() return coroutine.yield(victim.list) end
    function victim.is_whole()
      local list, deep = victim.list, victim.deep
      return list[1] == 1 and #list == 3 and deep[1][1] == "whole" and next(list, 3) == nil and rawget(list, "stolen") == nil
        and victim.meta.__index.kind == "own" and rawget(victim, "stolen") == nil
    end
    return victim
    """

  /// Ways to a table of another's that can be written, or to a function that gives one.
  static let thefts = [
    "return require('victim').list",
    "return require('victim').deep[1]",
    "return require('middle').victim.list",
    "return require('middle').list()",
    "return require('middle').box.inner[1]",
    "return require('middle').pass(require('victim').list)",
    "return require('middle').call(function(...) return ... end, require('victim').list)",
    "return require('middle').call(require('victim').object, 1)",
    "return lunette.extension('metrics', 'victim.all').list",
    "return lunette.extension('commands', 'victim.go').run()",
    "return lunette.extension('color_maps', 'victim.red')",
    "local taken for _, item in pairs(require('victim')) do if type(item) == 'table' then taken = item end end return taken",
    "local taken for _, item in pairs(require('middle').victim) do if type(item) == 'table' then taken = item end end return taken",
    "local taken for _, item in lunette.spairs(require('middle').victim) do if type(item) == 'table' then taken = item end end return taken",
    "local taken for _, item in ipairs(require('victim').deep) do taken = item end return taken",
    "local step, state, first = pairs(require('victim')) local key, item = step(state, 'deep') return type(item) == 'table' and item or state",
    "return (table.unpack(require('victim').deep))",
    "return select(2, pcall(require('victim').fail))",
    "return select(2, xpcall(require('victim').fail, function(e) return e end))",
    "local taken xpcall(require('victim').fail, function(e) taken = e end) return taken",
    "local taken pcall(function() local x <close> = setmetatable({}, { __close = function(_, e) taken = e end }) require('victim').fail() end) return taken",
    "return select(2, coroutine.resume(coroutine.create(require('victim').fail)))",
    "local taken require('victim').each(function(item) taken = item end) return taken",
    "local taken require('victim').each(function(_, list) taken = list end) return taken",
    "local _, list = coroutine.resume(require('victim').thread()) return list",
    "return require('victim').iterate()()",
    "local _, list = coroutine.resume(coroutine.create(require('victim').pause)) return list",
    "return coroutine.wrap(function() return require('victim').pause() end)()",
    "return coroutine.wrap(require('victim').pause)()",
    "return getmetatable(require('victim').object(1)) or require('victim').list",
    "return require('victim').object(1).__index or require('victim').list",
    "return setmetatable({}, { __index = require('victim') }).list",
    "return require('lunette.test').same and require('victim').list",
  ]

  @Test(arguments: thefts)
  func otherPluginsTablesStayWhole(_ theft: String) throws {
    // The thief itself writes to it, in every way that it has.
    let bench = try bench(
      """
      local function try(taken)
        if type(taken) ~= "table" then return "nothing" end
        local refused = 0
        for _, write in ipairs{
          function() taken.stolen = true end, function() taken[1] = "stolen" end, function() table.insert(taken, 4) end,
          function() table.remove(taken) end, function() table.sort(taken, function(a, b) return tostring(a) > tostring(b) end) end,
          function() setmetatable(taken, {}) end, function() table.move({ 9 }, 1, 1, 1, taken) end,
        } do
          if not pcall(write) then refused = refused + 1 end
        end
        pcall(rawset, taken, "stolen", true)
        pcall(rawset, taken, 1, "stolen")
        return refused
      end
      return { take = function() return try((function() \(theft) end)()) end }
      """)
    let refused = bench.run(
      """
      local victim = require "victim"
      local refused = require("thief").take()
      assert(victim.is_whole(), "changed")
      return refused
      """)
    // What is short or empty takes a sort or a removal for nothing to do.
    #expect(try #require(Int(refused), "\(refused)") >= 4)
  }

  @Test func viewsKnowEachOther() throws {
    let bench = try bench(
      """
      local victim, middle = require "victim", require "middle"
      local extension = lunette.extension("metrics", "victim.all")
      assert(victim == middle.victim and victim == extension and victim.list == middle.list())
      assert(victim.list == middle.pass(victim.list) and victim.object == middle.victim.object)
      local a, b = victim.object(1), victim.object(2)
      assert(a ~= b and a == middle.pass(a) and a.kind == "own" and a + b == 3 and a + middle.pass(b) == 3)
      local mine = { 5 }
      assert(middle.pass(mine) == mine and middle.call(function(x) return x end, mine) == mine)
      assert(victim.keep(mine) and victim.kept == mine)
      local f = function() return mine end
      assert(middle.pass(f) == f and middle.call(f) == mine)
      assert(#victim.list == 3 and lunette.tensor(middle.list()):sum():item() == 6)
      assert(lunette.json.encode(middle.box) == '{"inner":[[1,2,3]]}')
      assert(select("#", middle.pass(nil, nil, 3, nil)) == 4 and select(3, middle.pass(nil, nil, 3, nil)) == 3)
      assert(select("#", middle.pass(table.unpack({}, 1, 200))) == 200)
      local words = {}
      for key in pairs(victim.list) do words[#words + 1] = key end
      assert(#words == 3)
      return "all"
      """)
    #expect(bench.run("return (require 'thief')") == "all")
  }

  /// What a plugin is handed is not its to change either; errors keep their text, their lines and their caller.
  @Test func argumentsAndErrorsCross() throws {
    let bench = try bench(
      """
      local victim = require "victim"
      local mine = { 1 }
      local ok, message = pcall(victim.change, mine)
      assert(not ok and message:find("the plugin 'thief' cannot be changed by others", 1, true), message)
      assert(mine[1] == 1)
      return { blame = function()
        victim.blame()
      end, text = function() victim.text() end }
      """,
      victim: """
        return { change = function(x) x[1] = 2 end, blame = function() error("yours", 2) end,
          text = function() error("a text") end }
        """)
    #expect(bench.run("require 'thief' return 1") == "1")
    let blame = bench.run("require('thief').blame()")
    #expect(blame.hasSuffix("thief/init.lua:7: yours"), "\(blame)")
    let outputs = bench.session.run("require('thief').text()", name: "script.lua")
    guard case .error(let failure)? = outputs.last else {
      Issue.record("no error")
      return
    }
    #expect(failure.message.hasSuffix("victim/init.lua:2: a text"), "\(failure.message)")
    #expect(failure.traceback.contains { $0.contains("victim/init.lua:2") }, "\(failure.traceback)")
    #expect(failure.traceback.contains { $0.contains("script.lua:1") }, "\(failure.traceback)")
  }

  /// Displays look at what may be anybody's; a plugin's own objects come as they are.
  @Test func displaysGetViews() throws {
    let bench = try bench("return {}")
    let result = bench.run(
      """
      local victim, thief = require "victim", require "thief"
      local value = { 1, inner = { 2 }, list = victim.list }
      lunette.display(value)
      assert(rawget(value, "stolen") == nil and value.inner[1] == 2 and victim.is_whole(), "changed")
      return victim.object(3)
      """)
    #expect(result == "mine")
  }

  // MARK: Every way across

  /// The functions of `lunette` that give a table or a userdata that was there before the call, and how each is held. All others of
  /// `lunette` itself make what they give, or give texts and numbers.
  private static let crossing: [String: String] = [
    "extension": "a view", "spairs": "through views", "native": "functions of the plugin's own library",
  ]
  private static let makers: Set<String> = [
    "argument_error", "clear_output", "grad", "no_grad", "clock", "display", "help", "input", "load",
    "load_clip",
    "output_folder", "sha256", "sweep", "table",
    "native", "time", "sleep",
  ]
  /// Modules whose functions get and give numbers, tensors and other values of the host, and tables made for the call.
  private static let modules: Set<String> = [
    "tensor", "image", "plot", "stats", "metrics", "linalg", "optim", "json", "text", "options",
    "cluster", "embed",
  ]

  @Test func everyWayAcrossIsListed() throws {
    let bench = try bench(
      """
      local functions, modules = {}, {}
      for name, value in lunette.spairs(lunette) do
        if type(value) == "function" then functions[#functions + 1] = name end
        if type(value) == "table" and name ~= "plugin" then modules[#modules + 1] = name end
      end
      return table.concat(functions, " ") .. "|" .. table.concat(modules, " ")
      """)
    let parts = bench.run("return (require 'thief')").split(separator: "|", omittingEmptySubsequences: false)
    try #require(parts.count == 2)
    let functions = Set(parts[0].split(separator: " ").map(String.init))
    let known = Self.makers.union(Self.crossing.keys)
    #expect(
      functions.subtracting(known) == [], "new: does it hand a table or userdata from one world to another?")
    #expect(Set(parts[1].split(separator: " ").map(String.init)) == Self.modules)
  }

  /// A userdata crosses as itself, so that a table which it gave twice would be one that two worlds can write to. Every member of
  /// every kind that the reference lists, read and called: each table, down to the last, is made for whoever asks.
  @Test func userdataMakeTheirTablesAnew() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let pages = root.deletingLastPathComponent().appendingPathComponent("Docs/lua")
    var members: Set<String> = []
    for name in try FileManager.default.contentsOfDirectory(atPath: pages.path) {
      let page = try String(contentsOf: pages.appendingPathComponent(name), encoding: .utf8)
      for match in page.matches(of: /(?m)^### `([a-z_]+)[:.]([a-z_]+)/) {
        members.insert("\(match.1) = '\(match.2)'")
      }
    }
    #expect(members.count > 200)
    let list = members.sorted().map { "{ \($0) }" }.joined(separator: ", ")
    let bench = try bench("return {}")
    let result = bench.run(
      """
      local t = lunette.tensor
      local model = assert(lunette.load("\(root.path)/DiffusionTests/Goldens/tiny-sd1"))
      local generated = model:generate{ prompt = "a cat", steps = 2, trace = true, record = { "unet.mid_block" } }
      local objects = {
        tensor = t.randn{ 4, 4 }, model = model, clip = model.clip, generated = generated, image = generated.image,
        trace = generated.trace, record = generated.record, scheduler = model:scheduler(), data_table = lunette.table{ { a = 1 } },
        optimizer = lunette.optim.adam({ t.randn{ 2 }:requires_grad_() }, { lr = 0.1 }), plot = lunette.plot.line{ x = { 1, 2 }, y = { 1, 2 } },
      }
      local tables, shared = 0, {}
      local function compare(x, y, path)
        tables = tables + 1
        if rawequal(x, y) then shared[#shared + 1] = path end
        for key, field in pairs(x) do
          if type(field) == "table" and type(y[key]) == "table" then compare(field, y[key], path .. "." .. tostring(key)) end
        end
      end
      for _, entry in ipairs{ \(list) } do
        local kind, name = next(entry)
        local object = objects[kind]
        local function read() return object[name] end
        for _, get in ipairs{
          read, function() return read()(object) end, function() return read()(object, 1) end,
          function() return read()(object, {}) end, function() return read()(object, "a cat") end,
        } do
          local _, x = pcall(get)
          local _, y = pcall(get)
          if object and type(x) == "table" and type(y) == "table" then compare(x, y, kind .. "." .. name) end
        end
      end
      assert(#shared == 0, table.concat(shared, " "))
      for _, kind in ipairs{ "clip", "trace", "record", "scheduler", "plot", "optimizer", "data_table" } do
        assert(type(objects[kind]) == "userdata", kind)
      end
      return tables
      """)
    #expect(try #require(Int(result), "\(result)") > 20)
  }

  /// What a plugin finds among its globals: nothing there is shared with others but Lua's own functions.
  @Test func noTableIsShared() throws {
    let collect = """
      local seen, tables = {}, {}
      local function walk(value)
        if type(value) ~= "table" or seen[value] then return end
        seen[value] = true
        tables[#tables + 1] = tostring(value)
        for key, field in next, value do walk(key) walk(field) end
        walk(getmetatable(value))
      end
      local start = _G
      walk(start)
      return { tables = tables }
      """
    let bench = try bench(collect, victim: collect)
    let code = """
      local seen, shared = {}, {}
      for _, text in ipairs(require("victim").tables) do seen[text] = true end
      for _, text in ipairs(require("thief").tables) do if seen[text] then shared[#shared + 1] = text end end
      local mine = {}
      local function walk(value)
        if type(value) ~= "table" or mine[value] then return end
        mine[value] = true
        if seen[tostring(value)] then shared[#shared + 1] = tostring(value) end
        for _, field in next, value do walk(field) end
      end
      local skipped = package.loaded
      mine[skipped] = true
      walk(string) walk(table) walk(math) walk(coroutine) walk(io) walk(os) walk(utf8) walk(debug) walk(lunette)
      assert(#require("victim").tables > 20)
      return #shared
      """
    #expect(bench.run(code) == "0")
  }

  @Test func eachWorldHasItsOwnStream() throws {
    let draw = "lunette.tensor.randn({ 1 }):item()"
    let bench = try bench(
      """
      local t = lunette.tensor
      return { seed = t.manual_seed, set = function(seed) t.manual_seed(seed) end, draw = function() return \(draw) end,
        hidden = function(seed) coroutine.wrap(t.manual_seed)(seed) pcall(t.manual_seed, seed) t.randn{ 3 } coroutine.wrap(t.rand){ 2 } end }
      """)
    #expect(
      bench.run(
        """
        local thief = require "thief"
        local t = lunette.tensor
        t.manual_seed(3)
        local first, second = \(draw), \(draw)
        t.manual_seed(3)
        assert(\(draw) == first)
        thief.set(99)
        thief.hidden(98)
        thief.draw()
        assert(\(draw) == second, "the plugin has moved the script's stream")
        t.manual_seed(3)
        assert(thief.draw() == first, "the script's seed is where plugins begin")
        assert(thief.draw() == second)
        thief.set(3)
        assert(thief.draw() == first and \(draw) == first)
        return "own"
        """) == "own")
  }

  /// Metrics of plugins are found under their full names in plugins too, and cross as all does.
  @Test func metricsOfOthersAreFound() throws {
    let bench = try bench(
      """
      return { first = function() return lunette.metrics["victim.all"].list[1] end,
        change = function() lunette.metrics["victim.all"].list[1] = 9 end,
        misspelt = function() return lunette.metrics["victim.triple"] end,
        own = function() return lunette.metrics.none end, open = function() return getmetatable(lunette.metrics) end }
      """)
    #expect(
      bench.run(
        """
        local thief = require "thief"
        local ok, message = pcall(thief.misspelt)
        assert(not ok and tostring(message):find("has no 'triple' among its metrics", 1, true), message)
        ok, message = pcall(thief.change)
        assert(not ok and tostring(message):find("'victim' cannot be changed by others", 1, true), message)
        assert(thief.own() == nil and not thief.open())
        return thief.first()
        """) == "1")
  }

  /// What a plugin may open ends with its call: the script's own rights are back, also after an error.
  @Test func filesAreTheScriptsAgain() throws {
    let bench = try bench(
      "return { try = function() return (select(2, lunette.json.load '/etc/passwd')) end }")
    #expect(
      bench.run(
        """
        local outside = lunette.output_folder() .. "/../secret.txt"
        local function read() return select(2, lunette.json.load(outside)) end
        local before = tostring(read())
        local refused = require("thief").try()
        assert(tostring(refused):find("may only read below", 1, true), tostring(refused))
        assert(tostring(read()) == before and not before:find("may only", 1, true), tostring(read()))
        return "restored"
        """) == "restored")
  }

  /// A dependency's version is held when it is required, whatever was there when it was installed.
  @Test func aDependencysVersionIsHeldAtRunTime() throws {
    func bench(_ wish: String) throws -> PluginBench {
      try PluginBench([
        "library": [
          "library-1.0-1.rockspec": Self.rockspec("library", needs: ""), "init.lua": "return 'there'",
        ],
        "user": [
          "user-1.0-1.rockspec": Self.rockspec("user", needs: "'\(wish)'"),
          "init.lua": "return require 'library'",
        ],
      ])
    }
    #expect(try bench("library >= 1.0").run("return (require 'user')") == "there")
    #expect(
      try bench("library >= 2").run("return (require 'user')").contains(
        "the plugin 'user' needs 'library >= 2'; there is 1.0-1"))
    #expect(try bench("library < 1").run("return (require 'user')").contains("there is 1.0-1"))
  }

  /// Hard links and links are other files' names.
  @Test func filesWithOtherNamesAreNotWrittenTo() throws {
    let bench = try bench(
      """
      local path = lunette.output_folder() .. "/"
      return { tries = {
        function() assert(io.open(path .. "hard.txt", "w")) end, function() assert(io.open(path .. "hard.txt", "a")) end,
        function() assert(io.open(path .. "hard.txt", "r+")) end, function() assert(io.open(path .. "soft.txt", "w")) end,
        function() lunette.tensor.ones{ 1 }:save(path .. "hard.npy") end,
      } }
      """)
    let files = FileManager.default
    for name in ["hard.txt", "hard.npy"] {
      try files.linkItem(atPath: bench.folder + "/secret.txt", toPath: "\(bench.folder)/out/\(name)")
    }
    try files.createSymbolicLink(
      atPath: bench.folder + "/out/soft.txt", withDestinationPath: bench.folder + "/secret.txt")
    let result = bench.run(
      """
      local refused = {}
      for number, try in ipairs(require("thief").tries) do
        local ok, message = pcall(try)
        refused[number] = not ok and (message:match("hard link") or message:match("symbolic link")) or message or "written"
      end
      return table.concat(refused, ", ")
      """)
    #expect(result == "hard link, hard link, hard link, symbolic link, hard link")
    #expect(try String(contentsOfFile: bench.folder + "/secret.txt", encoding: .utf8) == "secret")
  }

  /// A model folder that nobody installed is looked through before anything in it is opened.
  @Test func modelsDoNotLeadOutOfTheirPlugin() throws {
    let bench = try bench("return {}")
    let model = bench.folder + "/plugins/thief/model"
    try FileManager.default.createDirectory(atPath: model + "/unet", withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      atPath: model + "/unet/config.json", withDestinationPath: bench.folder + "/secret.txt")
    let message = bench.run("return select(2, lunette.load 'thief')")
    #expect(message.contains("unet/config.json: a link that leads out of the plugin's folder"), "\(message)")
  }

  @Test(arguments: ["io", "os", "string", "lunette"])
  func knownNamesAreNeverAPlugin(_ name: String) throws {
    let bench = try PluginBench([name: ["init.lua": "error('ran')"]])
    #expect(bench.run("return require '\(name)' == \(name)") == "true")
    #expect(bench.run("lunette.extension('metrics', '\(name).x')").contains("there is no plugin '\(name)'"))
  }
}
