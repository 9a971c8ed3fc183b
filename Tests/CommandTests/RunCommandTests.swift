import Foundation
import Testing

@Suite struct RunCommandTests {
  let program: Program

  init() throws { program = try Program() }

  static let script = """
    -- %% [markdown]
    -- # A run

    -- %% tags=["parameters"]
    local word, count = "cat", 2

    -- %% First
    for i = 1, count do print(word, i) end
    lunette.display(word)

    -- %%
    lunette.display("second")
    word .. "s"
    """

  /// A run that went well says where to look.
  static let reportNote = "lunette: lunette-out/script/report.html\n"
  /// So does one that failed.
  static let failureNote = "lunette: the script failed; lunette-out/script/report.html has what was made\n"

  func record(_ folder: String = "lunette-out/script") throws -> [String: Any] {
    let data = try Data(contentsOf: program.file("\(folder)/run.json"))
    return try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
  }

  @Test func keepsWhatAScriptDisplays() throws {
    try program.script(Self.script)
    let result = try program.run("run", "script.lua")
    #expect(result.status == 0)
    #expect(result.output == "cat\t1\ncat\t2\n")
    #expect(result.errors == Self.reportNote)
    #expect(
      try program.names(in: "lunette-out/script") == [
        "01-first.txt", "02-value.txt", "report.html", "run.json",
      ])
    #expect(try program.text("lunette-out/script/01-first.txt").contains("cat"))
    let report = try program.text("lunette-out/script/report.html")
    #expect(report.contains("<h1>A run</h1>") && report.contains("cats"))
    let record = try record()
    #expect(record["status"] as? String == "done")
    #expect(record["outputs"] as? [String] == ["01-first.txt", "02-value.txt"])
    #expect((record["parameters"] as? [String: Any])?["count"] as? Int == 2)
    #expect(((record["script"] as? [String: Any])?["sha256"] as? String)?.count == 64)
  }

  @Test func theRecordNamesWhatAModelWasOpenedWith() throws {
    let goldens = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("DiffusionTests/Goldens").path
    let adapter = "\(goldens)/adapters/peft.safetensors"
    try program.script(
      "assert(lunette.load('\(goldens)/tiny-sd1', { loras = { { path = '\(adapter)', scale = 0.5 } } }))")
    #expect(try program.run("run", "script.lua").status == 0)
    let model = try #require((record()["models"] as? [[String: Any]])?.first)
    #expect((model["sha256"] as? String)?.count == 64)
    let part = try #require((model["with"] as? [[String: Any]])?.first)
    #expect(part["role"] as? String == "lora 0.5" && part["path"] as? String == adapter)
    #expect((part["sha256"] as? String)?.count == 64)
  }

  @Test func setsParameters() throws {
    try program.script(Self.script)
    let result = try program.run(
      "run", "script.lua", "--set", "word=a big dog", "--set", "count=1", "--set", "cuont=3")
    #expect(result.status == 0)
    #expect(result.output == "a big dog\t1\n")
    #expect(
      result.errors == "lunette: warning: --set cuont: the parameters cell has no such variable\n"
        + Self.reportNote)
    #expect((try record()["parameters"] as? [String: Any])?["word"] as? String == "a big dog")
  }

  /// A number that became text is named, after all that the run itself says, whether or not it fails.
  @Test func parametersOfAnotherKindAreNamed() throws {
    try program.script(Self.script)
    let warning =
      "lunette: warning: --set count is a number in the script, and the text \"two\" in this run\n"
    let result = try program.run("run", "script.lua", "--set", "count=two")
    #expect(result.status == 1)
    #expect(result.errors.contains("bad 'for' limit (number expected, got string)"))
    #expect(result.errors.hasSuffix(Self.failureNote + warning))
    let notebook = try program.run("notebook", "run", "script.lua", "--set", "count=two")
    #expect(notebook.status == 1 && notebook.errors.hasSuffix(warning))
    let size = try program.run("run", "script.lua", "--set", "word=64x64", "--set", "count=1")
    #expect(size.output == "64x64\t1\n" && size.errors == Self.reportNote)
  }

  /// The help names each status that Docs/troubleshooting.md does.
  @Test func theHelpNamesEveryStatus() throws {
    let help = try program.run("run", "--help").output
    for status in ["0 done", "1 the", "2 wrong", "130", "129", "131", "143", "os.exit"] {
      #expect(help.contains(status))
    }
  }

  @Test func shippedScriptsAreFoundByName() throws {
    for name in ["daam", "daam.lua"] {
      let result = try program.run("run", name, "--set", "steps=1")
      #expect(result.status == 0, "\(result.errors)")
      #expect(result.errors.hasSuffix("lunette: lunette-out/daam/report.html\n"))
    }
    // A notebook's outputs go where the user is, not where the program lies.
    let notebook = try program.run("notebook", "run", "daam", "--set", "steps=1")
    #expect(notebook.status == 0, "\(notebook.errors)")
    #expect(try String(contentsOf: program.file("daam.ipynb"), encoding: .utf8).contains("image/png"))
    try program.script("print('mine')", name: "daam")
    #expect(try program.run("run", "daam").output == "mine\n")
    let typo = try program.run("run", "word_oder")
    #expect(typo.status == 1)
    let start = "lunette: there is no file 'word_oder', and no script of that name came with Lunette ("
    #expect(typo.errors.hasPrefix(start), "\(typo.errors)")
    #expect(typo.errors.hasSuffix("; did you mean 'word_order'?\n"), "\(typo.errors)")
    for name in ["attack", "daam_segmentation", "entanglement", "suppression", "word_order"] {
      #expect(typo.errors.contains(name), "\(typo.errors)")
    }
  }

  @Test func aSecondRunGivesTheSameBytesAndLeavesNothingBehind() throws {
    try program.script(Self.script)
    _ = try program.run("run", "script.lua", "--out", "a")
    _ = try program.run("run", "script.lua", "--out", "b")
    for name in ["01-first.txt", "02-value.txt"] {
      #expect(try Data(contentsOf: program.file("a/\(name)")) == Data(contentsOf: program.file("b/\(name)")))
    }
    try program.script("lunette.display('only')")
    try Data().write(to: program.file("a/03-mine.txt"))
    _ = try program.run("run", "script.lua", "--out", "a")
    #expect(try program.names(in: "a") == ["01-value.txt", "03-mine.txt", "report.html", "run.json"])
  }

  @Test func handsArgumentsOver() throws {
    try program.script("print(arg[0], arg[1], arg[2], #arg)")
    #expect(
      try program.run("run", "script.lua", "--", "one", "--two").output == "script.lua\tone\t--two\t2\n")
  }

  @Test func aFailingScriptKeepsWhatItMade() throws {
    try program.script(
      """
      -- %%
      print("before")
      lunette.display("kept")
      -- %%
      local function inner() error("no more cats") end
      local function outer() inner() end
      outer()
      -- %%
      print("never")
      """)
    let result = try program.run("run", "script.lua")
    #expect(result.status == 1)
    #expect(result.output == "before\n")
    #expect(result.errors.hasPrefix("script.lua:5: no more cats\nstack traceback:\n\tscript.lua:5: in"))
    #expect(
      result.errors.contains("script.lua:6: in") && result.errors.contains("script.lua:7: in main chunk"))
    #expect(!result.errors.contains(".swift"))
    #expect(result.errors.hasSuffix(Self.failureNote))
    #expect(try program.names(in: "lunette-out/script") == ["01-value.txt", "report.html", "run.json"])
    let report = try program.text("lunette-out/script/report.html")
    #expect(report.contains("The script failed at line 5.") && report.contains("no more cats"))
    #expect(try record()["status"] as? String == "failed")
  }

  @Test func aScriptMayEndItself() throws {
    try program.script("-- %%\nprint('a')\nos.exit(3)\n-- %%\nprint('b')")
    let result = try program.run("run", "script.lua")
    #expect(result.status == 3)
    #expect(result.output == "a\n")
    #expect(result.errors == Self.reportNote)
    #expect(try program.names(in: "lunette-out/script") == ["report.html", "run.json"])
  }

  @Test func aSyntaxErrorIsOneLine() throws {
    try program.script("print(1)\nlocal = 3\n")
    let result = try program.run("run", "script.lua")
    #expect(result.status == 1)
    #expect(result.output == "")
    #expect(result.errors == "script.lua:2: <name> expected near '='\n" + Self.failureNote)
  }

  @Test func anInterruptKeepsWhatWasMade() throws {
    try program.script("print('started')\nlunette.display('kept')\nwhile true do end")
    let made = program.file("lunette-out/script/01-value.txt").path
    let result = try program.run("run", "script.lua") { process in
      try Program.wait { FileManager.default.fileExists(atPath: made) }
      kill(process, SIGINT)
    }
    #expect(result.status == 130)
    #expect(result.output == "started\n")
    #expect(result.errors == "lunette: interrupted; what was made is in lunette-out/script\n")
    #expect(try program.text("lunette-out/script/report.html").contains("Interrupted."))
    #expect(try record()["status"] as? String == "interrupted")
  }

  @Test func aFolderThatCannotBeWrittenIsAnErrorOfOneLine() throws {
    try program.script("print('never')")
    try Data().write(to: program.file("taken"))
    for (out, message) in [
      ("taken", "taken: Not a directory"), ("taken/below", "taken/below: Not a directory"),
      ("/proc/lunette", "/proc/lunette: No such file or directory"),
    ] {
      let result = try program.run("run", "script.lua", "--out", out)
      #expect(result.status == 1)
      #expect(result.output == "")
      #expect(result.errors == "lunette: \(message)\n")
    }
  }

  @Test func aScriptThatCannotBeReadIsAnErrorOfOneLine() throws {
    #expect(try program.run("run", "none.lua").errors == "lunette: none.lua: No such file or directory\n")
    try Data([0x70, 0xFF, 0xFE]).write(to: program.file("binary.lua"))
    let result = try program.run("run", "binary.lua")
    #expect(result.status == 1)
    #expect(result.errors == "lunette: binary.lua: not a text file in UTF-8\n")
    try program.script("-- %% [markdown]\nx = 1\n")
    #expect(
      try program.run("run", "script.lua").errors
        == "lunette: script.lua: line 2: the text of a [markdown] or [raw] cell must be a comment (--)\n")
  }

  @Test(arguments: [
    ["run"], ["run", "a.lua", "b.lua"], ["run", "a.lua", "--set", "x"], ["run", "a.lua", "--set", "1x=2"],
    ["run", "a.lua", "--nonsense"], ["nonsense"], ["eval"], ["model", "nonsense"], ["plugin", "x", "y"],
  ])
  func wrongUsage(_ arguments: [String]) throws {
    let process = Process()
    process.executableURL = Program.url
    process.arguments = arguments
    let (output, errors) = (Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 2)
    #expect(try output.fileHandleForReading.readToEnd()?.isEmpty ?? true)
    #expect(try errors.fileHandleForReading.readToEnd()?.isEmpty == false)
  }
}
