import Foundation
import Notebook
import Testing

@testable import Scripting

/// A session with plugins from a folder of its own, held by the sandbox alone: nothing confines the test's process.
struct PluginBench {
  let folder: String
  let session: Session

  init(
    _ plugins: [String: [String: String]], isTrusted: Bool = false,
    confine: @escaping @Sendable (ConfinementRules) throws -> Void = { _ in }
  ) throws {
    folder = NSTemporaryDirectory() + "lunette-plugins-\(UUID().uuidString)"
    let files = FileManager.default
    for name in ["plugins", "out"] {
      try files.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
    }
    try Data("secret".utf8).write(to: URL(fileURLWithPath: "\(folder)/secret.txt"))
    for (plugin, modules) in plugins {
      for (path, text) in modules {
        let file = URL(fileURLWithPath: "\(folder)/plugins/\(plugin)/\(path)")
        try files.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
      }
    }
    var options = Session.Options()
    let root = folder + "/plugins"
    options.plugins = PluginFinder(folders: [root]) { name in
      if name == "emoji-world" {
        return LocatedPlugin(name: name, folder: Self.shipped + name, trust: .shipped)
      }
      guard files.fileExists(atPath: "\(root)/\(name)") else { return nil }
      return LocatedPlugin(name: name, folder: "\(root)/\(name)", trust: .none)
    }
    options.outputFolder = folder + "/out"
    options.confine = confine
    options.confinedMemory = (lua: 64 << 20, tensors: 512 << 20)
    options.isTrusted = isTrusted
    session = try Session(options)
  }

  private static let shipped =
    URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path + "/Plugins/"

  /// The message that the code fails with, or what its last expression shows.
  func run(_ code: String) -> String {
    var text = "(nothing)"
    for output in session.run(code, name: "script.lua") {
      switch output {
      case .error(let failure): return failure.message
      case .result(let bundle, _): text = bundle.plainText ?? "(no text)"
      case .stream(.stdout, let printed): text = printed
      default: break
      }
    }
    return text
  }
}

@Suite struct SandboxTests {
  /// Not even what a plugin says about itself is read before the process is held.
  @Test func confinementComesBeforeTheManifest() throws {
    let plugin = ["maps": ["init.lua": "return {}", "maps-1.0-1.rockspec": "this is no Lua"]]
    let held = try PluginBench(plugin) { _ in throw ScriptingError("held") }
    #expect(held.run("require 'maps'").contains("held"))
    #expect(try PluginBench(plugin).run("require 'maps'").contains("maps-1.0-1.rockspec"))
    // A dependency's too.
    let user = """
      package = "maps" version = "1.0-1" source = { url = "git+https://example.org/maps.git" }
      dependencies = { "other" } build = { type = "builtin", modules = { maps = "init.lua" } }
      """
    let pair = [
      "maps": ["init.lua": "return require 'other'", "maps-1.0-1.rockspec": user],
      "other": ["init.lua": "return {}", "other-1.0-1.rockspec": "this is no Lua"],
    ]
    #expect(try PluginBench(pair).run("require 'maps'").contains("other-1.0-1.rockspec"))
  }

  /// What a hostile plugin tries as its module runs, and what it is told.
  static let refusals: [(code: String, message: String)] = [
    // programs, native code, the process
    (
      "os.execute('true')", "'os.execute' is not for plugins without the label 'lunette:programs' and a grant"
    ),
    ("io.popen('true')", "'io.popen' is not for plugins without the label 'lunette:programs'"),
    ("os.getenv('HOME')", "'os.getenv' is not for plugins"),
    ("os.exit(3)", "'os.exit' is not for plugins"),
    ("os.setlocale('C')", "'os.setlocale' is not for plugins"),
    ("package.loadlib('/lib/x86_64-linux-gnu/libc.so.6', '*')", "'package.loadlib' is not for plugins"),
    ("package.cpath = '/tmp/?.so' require 'evil'", "does not declare 'evil' as a dependency"),
    // files
    ("os.remove('x')", "'os.remove' is not for plugins without the label 'lunette:files'"),
    ("os.rename('x', 'y')", "'os.rename' is not for plugins"),
    ("os.tmpname()", "'os.tmpname' is not for plugins"),
    ("io.tmpfile()", "'io.tmpfile' is not for plugins"),
    ("io.input('/etc/passwd')", "'io.input' is not for plugins"),
    ("io.output('/tmp/x')", "'io.output' is not for plugins"),
    ("assert(io.open('/etc/passwd'))", "/etc/passwd: the plugin 'hostile' may only read below"),
    ("assert(io.open(lunette.plugin.folder .. '/../../secret.txt'))", "may only read below"),
    ("assert(io.open(lunette.output_folder() .. '/../secret.txt'))", "may only read below"),
    ("assert(io.open(lunette.output_folder() .. '/..'))", "names no file"),
    ("assert(io.open(lunette.plugin.folder .. '/init.lua', 'w'))", "may only write below"),
    ("assert(io.open(lunette.plugin.folder .. '/init.lua', 'a'))", "may only write below"),
    ("assert(io.open(lunette.plugin.folder .. '/init.lua', 'r+'))", "may only write below"),
    ("assert(io.open(lunette.plugin.folder .. '/link'))", "is a symbolic link"),
    ("assert(io.open(lunette.plugin.folder .. '/pipe'))", "is not a regular file"),
    ("assert(io.open(lunette.plugin.folder .. '/away/secret.txt'))", "may only read below"),
    ("assert(io.open('/proc/self/mem', 'r+'))", "may only read below"),
    ("assert(io.open('/proc/self/environ'))", "may only read below"),
    ("for _ in io.lines('/etc/passwd') do end", "may only read below"),
    ("assert(io.open('a\\0b'))", "a path with a zero byte"),
    ("loadfile('/etc/passwd')", "'loadfile' is not for plugins"),
    ("dofile('/etc/passwd')", "'dofile' is not for plugins"),
    ("assert(lunette.image.open('/etc/x.png'))", "may only read below"),
    ("assert(lunette.tensor.load('/etc/x.npy'))", "may only read below"),
    ("lunette.tensor.save('/tmp/lunette-x.npy', lunette.tensor.ones{1})", "may only write below"),
    ("lunette.tensor.ones{1}:save('/tmp/lunette-x.npy')", "may only write below"),
    ("lunette.image.new(lunette.tensor.ones{2, 2, 3}):save('/tmp/lunette-x.png')", "may only write below"),
    ("lunette.table({ { a = 1 } }):csv('/tmp/lunette-x.csv')", "may only write below"),
    ("lunette.plot.line{ x = { 1, 2 }, y = { 1, 2 } }:save('/tmp/lunette-x.svg')", "may only write below"),
    ("assert(lunette.load('/etc'))", "may only read below"),
    ("assert(lunette.load(nil, { clip = '/etc' }))", "may only read below"),
    ("assert(lunette.load_clip('/etc'))", "may only read below"),
    ("assert(lunette.load(nil, { vae = '/etc/passwd' }))", "may only read below"),
    ("assert(lunette.load(nil, { tokenizer = '/etc' }))", "may only read below"),
    ("assert(lunette.load(nil, { config = '/etc' }))", "may only read below"),
    ("assert(lunette.load(nil, { loras = { '/etc/passwd' } }))", "may only read below"),
    ("assert(lunette.load(nil, { loras = { { path = '/etc/passwd', scale = 2 } } }))", "may only read below"),
    (
      "assert(lunette.load(nil, { embeddings = { { path = '/etc/passwd', token = 'x' } } }))",
      "may only read below"
    ),
    (
      "assert(lunette.load(lunette.plugin.folder .. '/../../../../../../../../../etc'))",
      "may only read below"
    ),
    ("assert(lunette.json.load('/etc/passwd'))", "may only read below"),
    (
      "require('lunette.test').image(lunette.image.new(lunette.tensor.ones{ 2, 2, 3 }), '../../../../x')",
      "No such file"
    ),
    // code that is not text, or runs elsewhere
    ("string.dump(function() end)", "'string.dump' is not for plugins"),
    ("assert(load(('').dump(function() end)))", "attempt to load a binary chunk"),
    ("assert(load('\\27Lua', 'x', 'b'))", "attempt to load a binary chunk"),
    ("require 'hostile.bytecode'", "bytecode, where the text of a module is expected"),
    ("require 'hostile...secret'", "cannot be the name of a module"),
    ("require 'hostile./etc/passwd'", "cannot be the name of a module"),
    ("require 'hostile.link'", "is a symbolic link"),
    ("require 'hostile.none'", "has no module 'hostile.none'"),
    ("require 'hostile.a'", "modules require each other: hostile.a → hostile.b → hostile.a"),
    ("require 'hostile'", "modules require each other: hostile → hostile"),
    ("require 'friend'", "does not declare 'friend' as a dependency"),
    ("require 'io'", "does not declare 'io' as a dependency"),
    ("require(1)", "bad argument #1 to 'require' (string expected, got number)"),
    ("load('leak = 1')() assert(leak == 1) load('os.execute()')()", "'os.execute' is not for plugins"),
    ("load('x = 1', 'n', 't', nil)()", "attempt to index a nil value"),
    // debug
    ("debug.getregistry()", "'debug.getregistry' is not for plugins without the label 'lunette:debug'"),
    ("debug.getinfo(1)", "'debug.getinfo' is not for plugins"),
    ("debug.sethook()", "'debug.sethook' is not for plugins"),
    ("debug.getupvalue(print, 1)", "'debug.getupvalue' is not for plugins"),
    ("debug.setmetatable('', {})", "'debug.setmetatable' is not for plugins"),
    // metatables
    ("getmetatable('').__index.upper = error", "attempt to index a nil value"),
    ("getmetatable(lunette.tensor).__call = error", "attempt to index a boolean value"),
    ("getmetatable(lunette.tensor.ones{1}).__index = error", "attempt to"),
    (
      "getmetatable(io.open(lunette.plugin.folder .. '/init.lua')).__index = error",
      "attempt to index a nil value"
    ),
    ("setmetatable({}, { __gc = function() end })", "'__gc' is not for plugins"),
    ("setmetatable(lunette.tensor.ones{1}, {})", "table expected"),
    ("setmetatable(lunette.tensor, {})", "cannot change a protected metatable"),
    ("lunette.tensor.ones{1}.x = 1", "tensor has no member 'x'"),
    ("coroutine.close(coroutine.running())", "cannot close a running coroutine"),
    ("getmetatable(coroutine.create(print)).__index = error", "attempt to index a nil value"),
    ("debug.traceback = nil debug.getinfo(1)", "'debug.getinfo' is not for plugins"),
    // bombs
    ("return ('x'):rep(1 << 40)", "resulting string too large"),
    ("return ('x'):rep(1 << 30)", "not enough memory"),
    ("local t = {} for i = 1, 1e9 do t[i] = ('x'):rep(1 << 20) .. i end", "not enough memory"),
    ("local function f() return f() + 1 end f()", "not enough memory"),
    ("local t = {} for i = 1, 1e6 do t[i] = lunette.tensor.ones{1024, 1024, 64} end", "not enough memory"),
    ("collectgarbage('stop')", "collectgarbage 'stop' is not for plugins"),
    ("coroutine.wrap(function() os.execute() end)()", "'os.execute' is not for plugins"),
    ("error(setmetatable({}, { __tostring = function() os.exit() end }))", "error"),
    ("local t = {} t[1] = t lunette.tensor(t)", "nested at most 8 deep"),
    ("local t = {} t[1] = t lunette.json.encode(t)", "deep"),
    ("lunette.tensor.zeros{ 1 << 40 }", "out of memory"),
    ("lunette.tensor.zeros{ 1 << 62, 1 << 62 }", "out of memory"),
    ("lunette.tensor.ones{ 1 }:expand{ 1 << 20, 1 << 20 }:tolist()", "out of memory"),
    ("lunette.image.new(lunette.tensor.ones{ 2, 2, 3 }):resize(1 << 40, 1 << 40)", "out of memory"),
    ("local function f() return coroutine.wrap(f)() end f()", "C stack overflow"),
    ("local function f() return setmetatable({}, { __index = f }).x end f()", "C stack overflow"),
    ("load(('('):rep(1e6))()", "attempt to call a nil value"),
    ("('x'):rep(1e6):find(('(x'):rep(40))", "too many captures"),
    ("return table.unpack({}, 1, 1e8)", "too many results to unpack"),
    ("table.sort({ 3, 2, 1, 5, 4 }, function() return true end)", "invalid order function"),
    ("select(2, xpcall(os.execute, function(m) error(m) end)):x()", "attempt to"),
  ]

  static let modules = [
    "a.lua": "require 'hostile.b'", "b.lua": "require 'hostile.a'", "bytecode.lua": "\u{1B}Lua",
  ]

  private func bench(_ code: String, isTrusted: Bool = false) throws -> PluginBench {
    let bench = try PluginBench(
      ["hostile": Self.modules.merging(["init.lua": code]) { $1 }, "friend": ["init.lua": "return {}"]],
      isTrusted: isTrusted)
    let folder = bench.folder + "/plugins/hostile"
    try FileManager.default.createSymbolicLink(
      atPath: folder + "/link", withDestinationPath: bench.folder + "/secret.txt")
    try FileManager.default.createSymbolicLink(
      atPath: folder + "/link.lua", withDestinationPath: bench.folder + "/secret.txt")
    try FileManager.default.createSymbolicLink(atPath: folder + "/away", withDestinationPath: bench.folder)
    mkfifo(folder + "/pipe", 0o600)
    return bench
  }

  @Test(arguments: refusals.indices)
  func refuses(_ index: Int) throws {
    let (code, message) = Self.refusals[index]
    let bench = try bench(code)
    let result = bench.run("require 'hostile'")
    #expect(result.contains(message), "\(code): \(result)")
    // The session is as it was.
    #expect(
      bench.run("assert(('a'):upper() == 'A' and #lunette.tensor{1} == 1 and not leak) return 'whole'")
        == "whole")
    #expect(!FileManager.default.fileExists(atPath: "/tmp/lunette-x.npy"))
    #expect(try String(contentsOfFile: bench.folder + "/secret.txt", encoding: .utf8) == "secret")
  }

  @Test func globalsAndLibrariesAreItsOwn() throws {
    let bench = try bench(
      """
      stolen = 1
      string.format = nil
      table.insert = error
      math.random = nil
      lunette.tensor.ones = nil
      lunette.mine = true
      _G.print = nil
      rawset(_G, "pairs", nil)
      coroutine.wrap = nil
      return { globals = _G }
      """)
    #expect(bench.run("hostile = require 'hostile' return hostile.globals.stolen") == "1")
    #expect(
      bench.run(
        """
        assert(stolen == nil and string.format and table.insert and math.random and pairs and print)
        assert(coroutine.wrap and lunette.tensor.ones and not lunette.mine and hostile.globals ~= _G)
        return "whole"
        """) == "whole")
  }

  /// Every bound function that takes a path or the name of a model asks whether the plugin may.
  @Test func whatOpensFilesIsHeld() throws {
    let session = try Session()
    let opening = try session.boundFunctions().compactMap { bound -> String? in
      let arguments = bound.signature.drop { $0 != "(" }
      let takesPath =
        arguments.hasPrefix("(path") || arguments.hasPrefix("(name") || arguments.contains("folder")
      return takesPath ? bound.name : nil
    }
    let known = PluginHost.openers.flatMap { module, names in
      names.map { "\(module.map { $0 + "." } ?? "")\($0)" }
    }
    #expect(Set(opening.map { $0.hasPrefix("lunette.") ? String($0.dropFirst(8)) : $0 }) == Set(known))
  }

  @Test func tablesThatLieChangeNothing() throws {
    let bench = try bench(
      """
      local asked = 0
      local lying = setmetatable({}, { __index = function(_, key)
        asked = asked + 1
        return key == "vae" and (asked > 1 and "/etc/passwd" or lunette.plugin.folder) or nil
      end, __len = function() return 1 << 62 end, __pairs = function() error("asked") end })
      local model, message = lunette.load(nil, lying)
      pcall(lunette.tensor, lying)
      pcall(lunette.table, lying)
      pcall(lunette.image.grid, lying)
      pcall(lunette.display, lying)
      warn("@off")
      return model and model.name or message
      """)
    #expect(["emoji-world", "may only"].contains { bench.run("return (require 'hostile')").contains($0) })
    var warned = ""
    bench.session.onWarning = { warned = $0 }
    _ = bench.run("warn('heard')")
    #expect(warned == "heard")
  }

  @Test func aScriptCannotBeTakenApartThroughWhatItReplaces() throws {
    let bench = try bench(
      "return { check = function() return ('%d'):format(1), type(setmetatable({}, {})) end }")
    let code = """
      local pristine = string.format
      setmetatable, getmetatable, rawget, load = error, error, error, error
      local hostile = require 'hostile'
      return hostile.check()
      """
    #expect(bench.run(code) == "table")
  }

  @Test func otherPluginsCanBeReadAndCalledOnly() throws {
    let rockspec = """
      package = "user"  version = "1.0-1"
      source = { url = "file://." }
      dependencies = { "library >= 1.0" }
      build = { type = "builtin", modules = { user = "init.lua" } }
      """
    let bench = try PluginBench([
      "library": [
        "init.lua": """
        local Class = {}
        local meta = { __index = Class, __len = function() return 7 end }
        function Class:name() return "intact" end
        return { new = function() return setmetatable({}, meta) end, list = { 1, 2, 3 }, Class = Class, deep = { { 5 } } }
        """,
        "library-1.0-1.rockspec": rockspec.replacingOccurrences(of: "user", with: "library")
          .replacingOccurrences(of: "dependencies = { \"library >= 1.0\" }", with: ""),
      ],
      "user": [
        "user-1.0-1.rockspec": rockspec,
        "init.lua": """
        local library = require "library"
        local seen = {}
        for key in pairs(library) do seen[#seen + 1] = key end
        table.sort(seen)
        local object = library.new()
        return {
          sum = lunette.tensor(library.list):sum():item(), text = lunette.json.encode(library.deep),
          seen = table.concat(seen, " "), same = library.list == require("library").list, count = #library.list,
          deep = library.deep[1][1], length = #object, hidden = getmetatable(object), view = getmetatable(library),
          tries = {
            function() library.new = nil end,
            function() library.list[1] = 9 end,
            function() library.Class.name = nil end,
            function() rawset(library, "new", 1) end,
            function() setmetatable(library, nil) end,
            function() getmetatable(object).__index = nil end,
          },
        }
        """,
      ],
    ])
    let script = """
      local library, user = require "library", require "user"
      for number, try in ipairs(user.tries) do
        local ok, message = pcall(try)
        print(number, ok, message)
      end
      assert(user.seen == "Class deep list new" and user.same and user.count == 3 and user.deep == 5, user.seen)
      assert(user.sum == 6 and user.text == "[[5]]", "bound functions read what a view shows")
      assert(user.length == 7 and not user.hidden and user.view == false)
      assert(library.new():name() == "intact" and library.list[1] == 1 and library.deep[1][1] == 5)
      return "intact"
      """
    let outputs = bench.session.run(script, name: "script.lua")
    #expect(
      outputs.compactMap { if case .result(let bundle, _) = $0 { bundle.plainText } else { nil } } == [
        "intact"
      ])
    for case .error(let failure) in outputs { Issue.record("\(failure.message)") }
    for case .stream(_, let text) in outputs {
      let lines = text.split(separator: "\n")
      #expect(lines.count == 6)
      #expect(
        lines.filter { $0.contains("the plugin 'library' cannot be changed by others") }.count == 3, "\(text)"
      )
    }
  }

  @Test func filesBelowItsOwnFoldersAreThere() throws {
    let bench = try bench(
      """
      local path = lunette.output_folder() .. "/notes.txt"
      local file <close> = assert(io.open(path, "w"))
      file:write("one\\ntwo\\n")
      file:close()
      local lines = {}
      for line in io.lines(path) do lines[#lines + 1] = line end
      lunette.tensor.ones{ 2 }:save(lunette.output_folder() .. "/x.npy")
      assert(lunette.tensor.load(lunette.output_folder() .. "/x.npy"))
      assert(io.open(lunette.plugin.folder .. "/init.lua")):close()
      assert(io.open(lunette.plugin.folder .. "/../hostile/./init.lua")):close()
      io.write("written ")
      io.stderr:write("aside")
      return table.concat(lines, ",")
      """)
    #expect(bench.run("return (require 'hostile')") == "one,two")
  }

  @Test func errorsNameTheCallersLine() throws {
    let bench = try bench(
      """
      local function inner() lunette.argument_error(2, "maps", "no such word") end
      return { maps = function() inner() end }
      """)
    #expect(
      bench.run("local h = require 'hostile'\n\nh.maps()")
        == "script.lua:3: bad argument #2 to 'maps' (no such word)")
  }

  @Test func withoutAWallNothingRuns() throws {
    var options = Session.Options()
    let bench = try PluginBench(["hostile": ["init.lua": "print('ran')"]])
    options.plugins = bench.session.options.plugins
    let session = try Session(options)
    var printed = false
    session.onOutput = { output, _ in if case .stream = output { printed = true } }
    let outputs = session.run("require 'hostile'")
    #expect(!printed)
    guard case .error(let failure)? = outputs.last else {
      Issue.record("no error")
      return
    }
    #expect(failure.message.contains("the plugin 'hostile' has no grant, and nothing here can confine it"))
  }

  @Test func scriptsReadTextOnly() throws {
    let folder = NSTemporaryDirectory() + "lunette-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try Data("\u{1B}Lua".utf8).write(to: URL(fileURLWithPath: folder + "/bytes.lua"))
    try Data("return 5, ...".utf8).write(to: URL(fileURLWithPath: folder + "/five.lua"))
    var options = Session.Options()
    options.scriptName = folder + "/script.lua"
    let session = try Session(options)
    func run(_ code: String) -> String {
      switch session.run(code).last {
      case .error(let failure)?: failure.message
      case .result(let bundle, _)?: bundle.plainText ?? ""
      default: "(nothing)"
      }
    }
    #expect(run("return (require 'five')") == "5")
    #expect(run("return (dofile('\(folder)/five.lua'))") == "5")
    for code in [
      "require 'bytes'", "dofile('\(folder)/bytes.lua')", "assert(loadfile('\(folder)/bytes.lua'))",
      "assert(load(string.dump(function() end)))", "assert(load(string.dump(function() end), 'x', 'b'))",
    ] { #expect(run(code).contains("attempt to load a binary chunk"), "\(code)") }
    #expect(run("require 'nothing'").contains("no plugin 'nothing'"))
    #expect(run("require(('cat '):rep(2000))").contains("name of a module has at most 255 bytes, got 8000"))
  }
}
