import Foundation
import Testing

/// What we overwrite stays whole until the new one is whole, whatever happens meanwhile.
@Suite struct WholeOutputTests {
  let program: Program
  private var home: [String: String] {
    ["HOME": program.folder.path, "XDG_DATA_HOME": "", "LUNETTE_PLUGINS": ""]
  }

  init() throws { program = try Program() }

  private func record(_ folder: String = "lunette-out/script") throws -> [String: Any] {
    let data = try Data(contentsOf: program.file("\(folder)/run.json"))
    return try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
  }

  // MARK: Two at once

  @Test func runsIntoOneFolderComeOneAfterTheOther() throws {
    for index in 1...6 {
      try program.script(
        "for i = 1, 5 do lunette.display('\(index)') end os.execute('sleep 0.05') lunette.display('\(index)')",
        name: "\(index).lua")
    }
    let result = try program.shell("for i in 1 2 3 4 5 6; do $LUNETTE run --out out $i.lua & done; wait")
    #expect(result.errors.contains("lunette: out: waiting for another run that writes here"))
    #expect(
      try program.names(in: "out") == (1...6).map { "0\($0)-value.txt" } + ["report.html", "run.json"])
    let script = try #require((record("out")["script"] as? [String: Any])?["path"] as? String)
    for index in 1...6 {
      #expect(try program.text("out/0\(index)-value.txt").contains(script.prefix(1)), "all of one run")
    }
    #expect(try program.text("out/report.html").hasSuffix("</html>\n"))
  }

  @Test func pluginsInstalledAtOnceAreAllThere() throws {
    let made = try program.shell(
      "for i in $(seq 12); do $LUNETTE plugin new p$i || exit; done", environment: home)
    #expect(made.status == 0)
    let result = try program.shell(
      "for i in $(seq 12); do $LUNETTE plugin install p$i & pids+=\" $!\"; done; for p in $pids; do wait $p || exit 9; done",
      environment: home)
    #expect(result.status == 0, "\(result.errors)")
    let listed = try program.shell("$LUNETTE plugin list", environment: home).output
    for index in 1...12 {
      #expect(listed.split(separator: "\n").contains { $0.hasPrefix("p\(index) ") })
      #expect(try program.text("lunette-plugins.lock").contains("\"p\(index)\""))
      #expect(try program.shell("$LUNETTE plugin info p\(index)", environment: home).status == 0)
    }
    let tree = program.file(".local/share/lunette/installed").path
    let left = try FileManager.default.subpathsOfDirectory(atPath: tree).filter {
      $0.split(separator: "/").contains { $0.hasPrefix(".") }
    }
    #expect(left == [], "no drafts, no locks")
  }

  // MARK: What cannot be written

  @Test func aReportThatCannotBeWrittenLeavesTheRecord() throws {
    try FileManager.default.createDirectory(
      at: program.file("lunette-out/script/report.html"), withIntermediateDirectories: true)
    try program.script("lunette.display('x')")
    let result = try program.run("run", "script.lua")
    #expect(result.status == 1)
    #expect(result.errors == "lunette: lunette-out/script/report.html: a folder, not a file\n")
    #expect(try record()["status"] as? String == "done")
  }

  @Test func aFullDiskKeepsWhatWasThere() throws {
    let saves = """
      local size = tonumber(arg[1])
      local x = lunette.tensor.manual_seed(size) or lunette.tensor.rand{ size, size, 3 }
      local why = {}
      local function save(f, ...) local ok, err = pcall(f, ...) if not ok then why[#why + 1] = tostring(err) end end
      local image = lunette.image.new(x)
      save(image.save, image, "a.png")
      save(x.save, x, "a.npy")
      save(lunette.tensor.save, "a.safetensors", { x = x })
      local rows = {}
      for i = 1, size * size do rows[i] = { i, "row " .. i } end
      local table = lunette.table(rows)
      save(table.csv, table, "a.csv")
      save(table.json, table, "a.json")
      print(#why, why[1])
      """
    try program.script(saves)
    let files = ["a.png", "a.npy", "a.safetensors", "a.csv", "a.json"]
    let first = try program.shell("$LUNETTE run script.lua -- 8")
    #expect(first.output == "0\tnil\n", "\(first.errors)")
    let before = try files.map { try Data(contentsOf: program.file($0)) }
    let second = try program.shell("ulimit -f 2; $LUNETTE run script.lua -- 64")
    #expect(
      second.output.hasPrefix("5\tscript.lua:4: a.png: File too large"), "\(second.output)\(second.errors)")
    #expect(try files.map { try Data(contentsOf: program.file($0)) } == before)
    #expect(try program.names(in: ".").filter { $0.hasSuffix(".part") } == [])
  }

  // MARK: Signals

  @Test(arguments: [(SIGTERM, 143), (SIGHUP, 129), (SIGQUIT, 131), (SIGINT, 130)] as [(Int32, Int32)])
  func whatAsksToEndLeavesAReport(_ signal: Int32, _ status: Int32) throws {
    try program.script("lunette.display('kept') while true do end")
    let made = program.file("lunette-out/script/01-value.txt").path
    let result = try program.run("run", "script.lua") { process in
      try Program.wait { FileManager.default.fileExists(atPath: made) }
      kill(process, signal)
    }
    #expect(result.status == status)
    #expect(result.errors == "lunette: interrupted; what was made is in lunette-out/script\n")
    #expect(try program.text("lunette-out/script/report.html").contains("Interrupted."))
    #expect(try record()["status"] as? String == "interrupted")
    #expect(try program.names(in: "lunette-out/script") == ["01-value.txt", "report.html", "run.json"])
  }

  /// A program that was started to outlive its terminal does.
  @Test func nohupIsHeeded() throws {
    try program.script("os.execute('kill -HUP $PPID') for i = 1, 1e6 do end print('done')")
    #expect(try program.shell("trap '' HUP; $LUNETTE run script.lua").output == "done\n")
  }

  /// Git is ended, and what it fetched so far is gone.
  @Test(arguments: [SIGTERM, SIGHUP, SIGINT, SIGQUIT])
  func anInstallThatIsEndedLeavesNothing(_ signal: Int32) throws {
    // A "git" that notes its number and never ends.
    try Data("#!/bin/bash\necho $$ > \(program.folder.path)/started\nexec sleep 1000\n".utf8).write(
      to: program.file("git"))
    chmod(program.file("git").path, 0o755)
    try FileManager.default.createDirectory(at: program.file("tmp"), withIntermediateDirectories: true)
    let path = "\(program.folder.path):" + (ProcessInfo.processInfo.environment["PATH"] ?? "")
    let result = try program.run(
      "plugin", "install", "git+file:///nowhere",
      environment: home.merging(["PATH": path, "TMPDIR": program.file("tmp").path]) { $1 }
    ) { process in
      try Program.wait { ((try? program.text("started")) ?? "").hasSuffix("\n") }
      kill(process, signal)
    }
    #expect(result.status == 1000 + signal)
    #expect(try program.names(in: "tmp") == [])
    let git = try #require(Int32(program.text("started").dropLast()))
    try Program.wait { kill(git, 0) != 0 }
  }

  /// A prompt that is ended leaves the terminal as it found it.
  @Test(arguments: [SIGTERM, SIGHUP, SIGQUIT])
  func aPromptGivesTheTerminalBack(_ signal: Int32) throws {
    var (master, slave) = (Int32(0), Int32(0))
    try #require(openpty(&master, &slave, nil, nil, nil) == 0)
    defer {
      close(master)
      close(slave)
    }
    func echoes() -> Bool {
      var state = termios()
      return tcgetattr(slave, &state) == 0 && state.c_lflag & tcflag_t(ECHO) != 0
    }
    #expect(echoes())
    let process = Process()
    process.executableURL = Program.url
    process.arguments = ["repl", "--no-history"]
    process.currentDirectoryURL = program.folder
    let terminal = FileHandle(fileDescriptor: slave, closeOnDealloc: false)
    (process.standardInput, process.standardOutput, process.standardError) = (terminal, terminal, terminal)
    try process.run()
    try Program.wait { !echoes() }
    kill(process.processIdentifier, signal)
    process.waitUntilExit()
    #expect(process.terminationReason == .uncaughtSignal && process.terminationStatus == signal)
    #expect(echoes())
  }

  // MARK: Killed

  /// `LUNETTE_KILLS` times (Scripts/dev/kill-writers: 200) the program is killed while it overwrites files: each is an old one or a new
  /// one.
  @Test func whoIsKilledLeavesWholeFiles() throws {
    let kills = ProcessInfo.processInfo.environment["LUNETTE_KILLS"].flatMap(Int.init) ?? 8
    try program.script(
      """
      local version = tonumber(arg[1])
      local x = lunette.tensor.zeros{ 128, 128, 3 } + version / 2
      local rows = {}
      for i = 1, 2000 do rows[i] = { i, version } end
      local table, plot = lunette.table(rows), lunette.plot.line{ y = { version, 1, 2 } }
      repeat
        lunette.image.new(x):save("a.png")
        x:save("a.npy")
        lunette.tensor.save("a.safetensors", { x = x })
        table:csv("a.csv")
        table:json("a.json")
        plot:save("a.svg")
        lunette.display(table)
      until not arg[2]
      """)
    let files = ["a.png", "a.npy", "a.safetensors", "a.csv", "a.json", "a.svg"]
    var whole: [String: Set<Data>] = [:]
    for version in ["0", "1"] {
      #expect(try program.shell("$LUNETTE run script.lua -- \(version)").status == 0)
      for file in files { whole[file, default: []].insert(try Data(contentsOf: program.file(file))) }
    }
    #expect(whole.values.allSatisfy { $0.count == 2 })
    for round in 0..<kills {
      let delay = Double.random(in: 0.03..<0.4)
      _ = try program.shell("timeout -s KILL \(delay) $LUNETTE run script.lua -- \(round % 2) on")
      for file in files {
        #expect(
          try whole[file]?.contains(Data(contentsOf: program.file(file))) == true, "\(file), \(delay) s")
      }
      #expect(try program.text("lunette-out/script/report.html").hasSuffix("</html>\n"))
      #expect(try record()["status"] as? String == "done")
    }
    #expect(try program.shell("$LUNETTE run script.lua -- 1").status == 0)
    #expect(try program.names(in: "lunette-out/script").filter { $0.hasSuffix(".part") } == [])
  }

  @Test func anInstallThatIsKilledLeavesAWholePlugin() throws {
    let kills = ProcessInfo.processInfo.environment["LUNETTE_KILLS"].flatMap(Int.init) ?? 8
    for version in ["a", "b"] {
      #expect(
        try program.shell(
          "mkdir \(version) && cd \(version) && $LUNETTE plugin new twin && cd twin && mkdir -p tests && for i in $(seq 40); do echo '-- \(version)' > tests/part$i.lua; done",
          environment: home
        ).status == 0)
    }
    #expect(try program.shell("$LUNETTE plugin install a/twin", environment: home).status == 0)
    let place = program.file(".local/share/lunette/installed")
    for round in 0..<kills {
      let delay = Double.random(in: 0.01..<0.2)
      _ = try program.shell(
        "timeout -s KILL \(delay) $LUNETTE plugin install \(round % 2 == 0 ? "b" : "a")/twin",
        environment: home)
      let versions = try FileManager.default.contentsOfDirectory(
        atPath: place.appendingPathComponent("twin").path
      )
      .filter { !$0.hasPrefix(".") }
      #expect(versions.count == 1)
      let folder = place.appendingPathComponent("twin/\(versions[0])")
      let texts = Set(
        try (1...40).map {
          try String(contentsOf: folder.appendingPathComponent("tests/part\($0).lua"), encoding: .utf8)
        })
      #expect(texts.count == 1, "\(delay) s")
      #expect(try program.shell("$LUNETTE plugin list", environment: home).output.contains("twin"))
    }
  }
}
