import CConfinement
import Foundation
import PluginPackages
import Testing

/// The second wall: what a process that has loaded a plugin without grant can still do, whatever the first wall lets through.
@Suite struct ConfinementTests {
  let program: Program

  init() throws { program = try Program() }

  private func plugin(_ text: String, name: String = "stranger") throws -> [String: String] {
    let folder = program.file("plugins/\(name)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try Data(text.utf8).write(to: folder.appendingPathComponent("init.lua"))
    return ["LUNETTE_PLUGINS": program.file("plugins").path, "HOME": program.folder.path]
  }

  @Test func theKernelHoldsWhatItOffers() throws {
    let both = Int32(CF_FILES) | Int32(CF_SYSTEM_CALLS)
    try #require(
      cf_landlock_version() > 0 && cf_has_seccomp() != 0, "this kernel offers less: nothing to test")
    #expect(cf_try(both) == 0)
    #expect(cf_try(Int32(CF_FILES)) & Int32(CF_CAN_READ | CF_CAN_WRITE) == 0)
    #expect(
      cf_try(Int32(CF_SYSTEM_CALLS)) & Int32(CF_CAN_CONNECT | CF_CAN_FORK | CF_CAN_EXECUTE | CF_CAN_SIGNAL)
        == 0)
    // Unconfined, each of the attempts succeeds: they are attempts at something.
    #expect(
      cf_try(0)
        == Int32(CF_CAN_READ | CF_CAN_WRITE | CF_CAN_CONNECT | CF_CAN_FORK | CF_CAN_EXECUTE | CF_CAN_SIGNAL))
  }

  private static let everything = Int32(CF_FILES | CF_NETWORK | CF_SYSTEM_CALLS | CF_LIMITS)

  /// What a manifest is read in.
  @Test func workApartHasNoRights() throws {
    let attempts: cf_work = { _, out in
      var can: UInt8 = 0
      if open("/etc/passwd", O_RDONLY) >= 0 { can |= 1 }
      if socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0) >= 0 { can |= 2 }
      if mkdir("/tmp/lunette-apart-\(getpid())", 0o700) == 0 { can |= 4 }
      if kill(getppid(), 0) == 0 { can |= 8 }
      _ = write(out, &can, 1)
    }
    var answer = [UInt8](repeating: 0xFF, count: 8)
    try #require(
      cf_landlock_version() > 0 && cf_has_seccomp() != 0, "this kernel offers less: nothing to test")
    #expect(cf_apart(attempts, nil, 2, Self.everything, &answer, 8) == 1 && answer[0] == 0)
    // Unconfined, each of the attempts succeeds.
    #expect(cf_apart(attempts, nil, 2, 0, &answer, 8) == 1 && answer[0] == 15)
    let left = try FileManager.default.contentsOfDirectory(atPath: "/tmp").filter {
      $0.hasPrefix("lunette-apart-")
    }
    for name in left { rmdir("/tmp/\(name)") }
  }

  @Test func workApartIsBounded() {
    var answer = [UInt8](repeating: 0, count: 8)
    func reason(_ work: cf_work) -> Int32 {
      cf_apart(work, nil, 1, Self.everything, &answer, 8) < 0 ? errno : 0
    }
    #expect(reason { _, _ in while getppid() > 0 {} } == ETIMEDOUT)
    #expect(reason { _, out in _ = write(out, "more than eight", 15) } == EMSGSIZE)
    #expect(reason { _, _ in abort() } == ECHILD)
    #expect(reason { _, out in _ = write(out, "eight of", 8) } == 0 && answer[7] == UInt8(ascii: "f"))
  }

  @Test func aRunIsConfinedBeforeThePluginRuns() throws {
    let environment = try plugin("return {}")
    try Data("secret".utf8).write(
      to: URL(fileURLWithPath: program.folder.path + "/../lunette-secret-\(getpid())"))
    let secret = program.folder.path + "/../lunette-secret-\(getpid())"
    defer { unlink(secret) }
    // The script stands for code that has got out of the sandbox: it has all of Lua.
    try program.script(
      """
      assert(io.open("\(secret)")):close()
      require "stranger"
      print(io.open("\(secret)"))
      print(io.open("/etc/passwd"))
      print(io.open("beside.txt", "w"))
      print(io.popen("id"))
      print(os.execute("id"))
      print(os.remove("\(secret)"))
      print(os.rename("\(secret)", lunette.output_folder() .. "/stolen"))
      print(io.open("/proc/self/mem", "r+"))
      print(package.loadlib("\(program.folder.path)/evil.so", "f"))
      assert(io.open(lunette.output_folder() .. "/notes.txt", "w")):close()
      lunette.display(lunette.tensor.randn({ 64, 64 }):mm(lunette.tensor.randn({ 64, 64 })))
      print "done"
      """)
    let result = try program.run("run", "script.lua", environment: environment)
    #expect(result.status == 0, "\(result.errors)")
    let lines = result.output.split(separator: "\n")
    #expect(lines.count == 10)
    #expect(lines.dropLast().allSatisfy { $0.hasPrefix("nil") }, "\(result.output)")
    #expect(lines.last == "done")
    #expect(FileManager.default.fileExists(atPath: secret))
    #expect(try program.names(in: "lunette-out/script").contains("report.html"))
    #expect(try program.names(in: "lunette-out/script").contains("notes.txt"))
  }

  @Test func aGrantOfTheUserLiftsIt() throws {
    let environment = try plugin("return { open = io.open }")
    let code = "require 'stranger' return io.open('/etc/passwd') ~= nil"
    #expect(try program.run("eval", code, environment: environment).output == "false\n")
    #expect(try program.run("eval", "--trust", code, environment: environment).output == "true\n")
  }

  @Test func whereTheKernelOffersLessTheRunSaysSo() throws {
    let environment = try plugin("return {}")
    // A debug build, which alone can be told that the kernel offers less.
    func run(_ missing: String) throws -> Program.Result {
      try program.run(
        "eval", "require 'stranger' return io.open('/etc/passwd') ~= nil",
        environment: environment.merging(["LUNETTE_WITHOUT": missing]) { $1 }, program: Program.builtWithTests
      )
    }
    let files = try run("landlock")
    #expect(files.output == "true\n")
    #expect(
      files.errors
        == "lunette: warning: this kernel does not guard files (no Landlock) against plugins without grant\n")
    let neither = try run("landlock,seccomp")
    #expect(neither.errors.contains("files (no Landlock) and programs and network (no seccomp)"))
    #expect(try run("").errors == "")
    let doctor = try program.run(
      "doctor", environment: environment.merging(["LUNETTE_WITHOUT": "landlock"]) { $1 },
      program: Program.builtWithTests)
    #expect(doctor.output.contains("not guarded: no Landlock"))
    #expect(doctor.output.contains("it can still read files, write files"))
    let whole = try program.run("doctor", environment: environment)
    #expect(whole.output.contains("every attempt was refused"))
    #expect(whole.output.contains("stranger"))
    #expect(whole.output.contains("runs confined"))
  }

  static let endless = [
    "while true do end",
    "while true do pcall(function() while true do end end) end",
    "repeat local ok = xpcall(function() while true do end end, function() while true do end end) until false",
    "coroutine.wrap(function() while true do end end)()",
    "local function f() return pcall(f) end while true do f() end",
    "while true do lunette.tensor.ones{ 4 } end",
    "local t = setmetatable({}, { __index = function(t, k) return t[k + 1] end }) while true do pcall(function() return t[1] end) end",
    "local t <close> = setmetatable({}, { __close = function() while true do end end })",
    "table.sort({ 1, 2, 3 }, function() while true do end end)",
    "local _ = ('x'):gsub('x', function() while true do end end)",
  ]

  /// What a plugin makes the program work counts too, with a longer limit.
  @Test func workWithoutEndIsEnded() throws {
    let code = "local x = lunette.tensor.ones{ 256, 256 } while true do x:mm(x) end"
    let result = try program.run(
      "eval", "--time-limit", "0.05", "require 'stranger'", environment: plugin(code))
    #expect(result.status == 1)
    #expect(result.errors.contains("0.05 s of Lua, 3 s in all"), "\(result.errors)")
  }

  @Test func filesDoNotGrowWithoutEnd() throws {
    let environment = try plugin(
      """
      local file = assert(io.open(lunette.output_folder() .. "/large", "w"))
      file:seek("set", 1 << 40)
      file:setvbuf("no")
      print(file:write("x"))
      """)
    try program.script("require 'stranger' print 'done'")
    let result = try program.run("run", "script.lua", environment: environment)
    #expect(result.output.hasPrefix("nil\tFile too large"), "\(result.output) \(result.errors)")
    #expect(result.output.hasSuffix("done\n"))
  }

  /// What no hook of Lua can stop, one call of C, and how it ends; and an error that hangs when it is shown.
  static let stuck = [
    ("return ('a'):rep(300000):find('.-.-.-.-b')", "it could not be stopped"),
    ("return (('x'):rep(1e5):gsub('.-.-.-.-y', ''))", "it could not be stopped"),
    ("table.move({}, 1, 1 << 40, 1 << 41)", "it could not be stopped"),
    ("error(setmetatable({}, { __tostring = function() while true do end end }))", "has used up its time"),
    ("return ('a'):rep(300000):match(('a?'):rep(300) .. ('a'):rep(300) .. 'b')", "pattern too complex"),
    ("return table.unpack({}, 1, 1e6)", "too many results to unpack"),
  ]

  @Test(arguments: endless)
  func endlessPluginsAreStopped(_ code: String) throws {
    let result = try program.run(
      "eval", "--time-limit", "0.3", "require 'stranger'", environment: plugin(code))
    #expect(result.status == 1)
    #expect(
      result.errors.contains("this cell has used up its time: 0.3 s of Lua, 18 s in all"),
      "\(code): \(result.errors)")
  }

  @Test(arguments: stuck)
  func stuckPluginsAreEnded(_ code: String, _ end: String) throws {
    let result = try program.run(
      "eval", "--time-limit", "0.3", "require 'stranger'", environment: plugin(code))
    #expect(result.status == 1, "\(code)")
    #expect(result.errors.contains(end), "\(code): \(result.errors)")
    #expect(
      !end.hasPrefix("it") || result.errors.contains("has used up its time: 0.3 s of Lua"), "\(result.errors)"
    )
  }

  /// What a stranger's plugin prints at a terminal: colours, and nothing that a terminal obeys beyond.
  @Test func terminalsObeyNoStranger() throws {
    let environment = try plugin(
      """
      print("\\27[31mred\\27[0m \\27]52;c;ZXZpbA==\\7 \\27[6n \\27[2A \\u{9B}2J \\u{202E}")
      io.write("\\27") io.write("]0;title\\7\\n")
      warn("\\27]52;c;x\\7warned")
      error("\\27[2Jbad\\27]52;c;x\\7", 0)
      """)
    // `script` gives it a terminal, and takes down what reaches it.
    let shell = Process()
    shell.executableURL = URL(fileURLWithPath: "/usr/bin/script")
    shell.arguments = [
      "-qec", "\(Program.url.path) eval \"require 'stranger'\"", program.file("typescript").path,
    ]
    shell.currentDirectoryURL = program.folder
    shell.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    shell.standardOutput = FileHandle.nullDevice
    shell.standardInput = FileHandle.nullDevice
    try shell.run()
    shell.waitUntilExit()
    let seen = try String(decoding: Data(contentsOf: program.file("typescript")), as: UTF8.self)
    #expect(seen.contains("\u{1B}[31mred\u{1B}[0m"))
    #expect(seen.contains("\\27]52;c;ZXZpbA==\\7 \\27[6n \\27[2A \\1552J \\u{202E}"), "\(seen)")
    #expect(seen.contains("\\27]0;title\\7") && seen.contains("\\7warned") && seen.contains("bad\\27]52;c;x"))
    for wrong in ["\u{1B}]", "\u{1B}[6n", "\u{1B}[2A", "\u{9B}", "\u{202E}", "\u{7}", "\u{1B}[2J"] {
      #expect(!seen.contains(wrong), "\(wrong.debugDescription)")
    }
  }

  /// A notebook's outputs go into a file that the confined run may not write: its parent does.
  @Test func confinedNotebooksAreWritten() throws {
    let environment = try plugin("return { value = 7 }")
    try program.script(
      """
      -- %%
      print(require("stranger").value)
      -- %%
      print(io.open("beside.txt", "w") == nil, 1)
      -- %%
      print(("x"):rep(300000):len())
      """, name: "study.lua")
    for target in ["study.ipynb", "deeper.ipynb"] {
      let result = try program.run("notebook", "run", "study.lua", "-o", target, environment: environment)
      #expect(result.status == 0, "\(result.errors)")
      let text = try program.text(target)
      #expect(text.contains("7\\n") && text.contains("true\\t1\\n") && text.contains("300000\\n"), "\(text)")
    }
    #expect(!FileManager.default.fileExists(atPath: program.file("beside.txt").path))
    let nowhere = try program.run(
      "notebook", "run", "study.lua", "-o", "none/study.ipynb", environment: environment)
    #expect(nowhere.status == 1 && nowhere.errors.contains("none/study.ipynb"), "\(nowhere.errors)")
    // A failing cell keeps what was made before it.
    try program.script("-- %%\nprint(require('stranger').value)\n-- %%\nerror('late')\n", name: "late.lua")
    #expect(try program.run("notebook", "run", "late.lua", environment: environment).status == 1)
    #expect(try program.text("late.ipynb").contains("7\\n") && program.text("late.ipynb").contains("late"))
  }

  /// What a plugin shows as HTML or SVG stands in a frame, or a picture, that can do nothing.
  @Test func strangersPagesAreFramed() throws {
    let environment = try plugin(
      """
      local function show(type, text)
        lunette.display(setmetatable({}, { __mimebundle = function() return { [type] = text } end }))
      end
      show("text/html", '<meta http-equiv="refresh" content="0;url=https://evil.example/?d=1"><b>x</b>')
      show("image/svg+xml", '<svg xmlns="http://www.w3.org/2000/svg"><script>evil()</script></svg>')
      show('image/x" onerror="evil()', "bytes")
      show("application/json", '{"a": "</pre><script>evil()</script>"}')
      show("application/json", '</pre><script>evil()</script>')
      """)
    try program.script("require 'stranger'")
    #expect(try program.run("run", "script.lua", environment: environment).status == 0)
    let names = try program.names(in: "lunette-out/script")
    let pages = names.filter { $0.hasSuffix(".html") && $0 != "report.html" }
    #expect(pages.count == 2, "\(names)")
    #expect(!names.contains { $0.hasSuffix(".svg") })
    for name in pages + ["report.html"] {
      let text = try program.text("lunette-out/script/\(name)")
      #expect(text.contains("http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'"))
      for wrong in ["<meta http-equiv=\"refresh\"", "<script>evil", "onerror=\"evil"] {
        #expect(!text.contains(wrong), "\(name): \(wrong)")
      }
    }
    #expect(try program.text("lunette-out/script/report.html").contains("<iframe sandbox=\"\""))
  }

  @Test func interruptsReachTheChild() throws {
    let environment = try plugin("return {}")
    let result = try program.run(
      "eval", "require 'stranger' io.stdout:write('ready') io.stdout:flush() while true do end",
      environment: environment
    ) { process in
      try Program.wait { (try? program.text(".stdout")) == "ready" }
      kill(process, SIGINT)
    }
    #expect(result.status == 130)
  }

  /// A value's own HTML runs nothing in the report: browsers know the report's script by its hash.
  @Test func reportsRunTheirOwnScriptOnly() throws {
    let environment = try plugin(
      """
      local page = setmetatable({}, { __mimebundle = function()
        return { ["text/html"] = "<script>document.title = 'stolen'</script>" }
      end })
      lunette.display(page)
      """)
    try program.script("require 'stranger'")
    #expect(try program.run("run", "script.lua", environment: environment).status == 0)
    let report = try program.text("lunette-out/script/report.html")
    let script = try #require(
      report.components(separatedBy: "<script>").last?.components(separatedBy: "</script>").first)
    let digits = Array(Checksum.of(Array(script.utf8)))
    let digest = Data(
      stride(from: 0, to: 64, by: 2).compactMap { UInt8(String(digits[$0...$0 + 1]), radix: 16) })
    #expect(report.contains("script-src 'sha256-\(digest.base64EncodedString())'"))
    #expect(!report.contains("script-src 'unsafe-inline'"))
  }

  @Test func theModelRunsConfined() throws {
    let environment = try plugin(
      "return { run = function() return assert(lunette.load()):generate{ prompt = 'a cat', seed = 1, steps = 1 } end }"
    )
    try program.script("local out = require('stranger').run() lunette.display(out.image) print(out.width)")
    let goldens = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("DiffusionTests/Goldens/tiny-sd1").path
    let result = try program.run("run", "script.lua", "--model", goldens, environment: environment)
    #expect(result.status == 0, "\(result.errors)")
    #expect(try program.names(in: "lunette-out/script").contains("run.json"))
  }
}
