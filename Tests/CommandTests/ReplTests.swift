import Foundation
import Testing

/// The prompt in a real terminal (tmux), looked at as its user sees it.
@Suite struct ReplTests {
  /// A tmux server of its own, 80 × 30, with the prompt in it.
  final class Pane {
    private let program: Program
    private let socket = "lunette-\(UUID().uuidString)"

    /// - Parameter home: the folder that is its user's home.
    init(_ arguments: String = "--images none", home: Program? = nil) throws {
      program = try home ?? Program()
      _ = try tmux(
        "new-session", "-d", "-x", "80", "-y", "30",
        "env HOME=\(program.folder.path) XDG_DATA_HOME= XDG_STATE_HOME=\(program.folder.path) \(Program.url.path) repl \(arguments)"
      )
      try wait("›")
    }

    deinit { _ = try? tmux("kill-server") }

    var folder: String { program.folder.path }

    /// By `popen`: the server that the first call leaves behind would keep `Process` waiting for its end.
    private func tmux(_ arguments: String...) throws -> String {
      let words = ["tmux", "-f", "/dev/null", "-L", socket] + arguments
      let command = words.map { "'" + $0.replacingOccurrences(of: "'", with: "'\\''") + "'" }.joined(
        separator: " ")
      guard let pipe = popen(command + " 2>/dev/null", "r") else { throw Program.TimedOut() }
      defer { pclose(pipe) }
      var output: [UInt8] = []
      var chunk = [UInt8](repeating: 0, count: 1 << 14)
      while case let count = fread(&chunk, 1, chunk.count, pipe), count > 0 { output += chunk[..<count] }
      return String(decoding: output, as: UTF8.self)
    }

    func type(_ text: String) throws { _ = try tmux("send-keys", "-l", text) }
    func press(_ keys: String...) throws { for key in keys { _ = try tmux("send-keys", key) } }

    /// Types a line, enters it, and waits for what it shows.
    func enter(_ line: String, until text: String) throws {
      try type(line)
      try press("Enter")
      try wait(text)
    }

    func resize(columns: Int) throws { _ = try tmux("resize-window", "-x", "\(columns)") }

    var screen: String { (try? tmux("capture-pane", "-p")) ?? "" }

    /// The screen without the empty lines below.
    var lines: [String] {
      var lines = screen.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      while lines.last?.isEmpty == true { lines.removeLast() }
      return lines
    }

    func wait(_ text: String) throws {
      do {
        try Program.wait { screen.contains(text) }
      } catch {
        Issue.record("waited for '\(text)'; the screen is\n\(screen)")
        throw error
      }
    }
  }

  @Test func valuesLinesAndErrors() throws {
    let pane = try Pane()
    try pane.enter("1 + 1", until: "2 ›")
    try pane.enter("_ * 21", until: "3 ›")
    try pane.enter("for i = 1, 2 do", until: "…")
    try pane.type("print('line', i)")
    try pane.press("Enter")
    try pane.enter("end", until: "4 ›")
    try pane.enter("error('no')", until: "in main chunk")
    #expect(
      Array(pane.lines.dropFirst())
        == [
          "1 › 1 + 1", "2", "2 › _ * 21", "42", "3 › for i = 1, 2 do", "  … print('line', i)", "  … end",
          "line\t1",
          "line\t2", "4 › error('no')", "cell 4:1: no", "stack traceback:", "\tcell 4:1: in main chunk",
          "4 ›",
        ].map { $0.replacing("line\t", with: "line    ").replacing("\t", with: "        ") })
  }

  @Test func tabCompletes() throws {
    let pane = try Pane()
    try pane.type("local s = lunette.linalg.s")
    try pane.press("Tab", "Tab")
    try pane.wait("solve  sqrtm  svd")
    try pane.type("vd(lunette.tensor{ {3, 0}, {0, 4} }, { fu")
    try pane.press("Tab")
    try pane.wait("{ full =")
    try pane.enter("false })", until: "2 ›")
    try pane.type("lunette.tensor{1}:cums")
    try pane.press("C-c")
    try pane.type("s.")
    try pane.press("C-u")
    try pane.enter("local x = lunette.tensor{1, 2}", until: "3 ›")
    try pane.type("x:cums")
    try pane.press("Tab")
    try pane.enter("(1)", until: "1  3")
  }

  @Test func historyIsKept() throws {
    let pane = try Pane()
    try pane.enter("'first'", until: "2 ›")
    try pane.enter("'second'", until: "3 ›")
    try pane.press("Up", "Up", "Enter")
    try pane.wait("4 ›")
    #expect(Array(pane.lines.suffix(3)) == ["3 › 'first'", "first", "4 ›"])
    try pane.press("C-r")
    try pane.type("sec")
    try pane.wait("(search 'sec') 'second'")
    try pane.press("Enter")
    try pane.wait("5 ›")
    let history = try String(contentsOfFile: pane.folder + "/lunette/history", encoding: .utf8)
    #expect(history == "'first'\n'second'\n'first'\n'second'\n")
  }

  @Test func earlierEntriesAreFoundByWhatWasTyped() throws {
    let pane = try Pane()
    try pane.enter("print('one')", until: "2 ›")
    try pane.enter("lunette.tensor{1}", until: "3 ›")
    try pane.enter("print('two')", until: "4 ›")
    try pane.type("pri")
    try pane.press("Up", "Up")
    try pane.wait("4 › print('one')")
    try pane.press("Down", "Down")
    try Program.wait { pane.lines.last == "4 › pri" }
    try pane.type(" undone")
    try pane.press("C-_")
    try Program.wait { pane.lines.last == "4 › pri" }
  }

  @Test func aDrawingFollowsTheTerminalsWidth() throws {
    let pane = try Pane()
    try pane.type("'" + String(repeating: "a", count: 60) + "日本'")
    try pane.wait("日本'")
    try pane.resize(columns: 30)
    let rows = [25, 30, 5].map { String(repeating: "a", count: $0) }
    // How much of the greeting above stays in sight is the terminal's affair.
    try Program.wait { pane.lines.suffix(3) == ["1 › '" + rows[0], rows[1], rows[2] + "日本'"] }
    try pane.press("Home")
    try pane.type("#")
    try pane.press("Enter")
    try pane.wait("66")
    #expect(pane.screen.components(separatedBy: "#'").count == 2)
  }

  @Test func controlCStopsAndKeepsTheSession() throws {
    let pane = try Pane()
    try pane.enter("local n = 7", until: "2 ›")
    try pane.type("while true do end")
    try pane.press("Enter")
    usleep(200_000)
    try pane.press("C-c")
    try pane.wait("interrupted")
    try pane.enter("local m = lunette.load()", until: "3 ›")
    try pane.type("m:generate{ prompt = '', steps = 900 }")
    try pane.press("Enter")
    try pane.wait("sampling")
    try pane.press("C-c")
    try Program.wait { pane.screen.components(separatedBy: "interrupted").count == 3 }
    try pane.enter("n", until: "\n7\n")
  }

  @Test func aLibrarysLongCallIsLeftBehind() throws {
    let pane = try Pane()
    // Minutes of LAPACK.
    try pane.type("lunette.linalg.svd(lunette.tensor.randn{6000, 6000})")
    try pane.press("Enter")
    usleep(2_500_000)
    try pane.press("C-c")
    try pane.wait("interrupted")
    try pane.enter("20 + 1", until: "\n21\n")
    try pane.press("C-d")
  }

  @Test func picturesAreShownInBlocks() throws {
    let pane = try Pane("--images blocks")
    try pane.enter("lunette.image.new(lunette.tensor.ones{4, 6, 3})", until: "image 6 × 4")
    #expect(pane.lines.filter { $0 == "▀▀▀▀▀▀" }.count == 2)
  }

  @Test func colonCommands() throws {
    let pane = try Pane()
    try pane.enter(":help linalg.qr", until: "linalg.qr(x)")
    try pane.enter(":nothing", until: "no command :nothing")
    try pane.enter("local a = 1", until: "2 ›")
    try pane.enter("print(a)", until: "3 ›")
    try pane.enter(":save \(pane.folder)/s.lua", until: "2 cells written")
    try pane.enter(":time a = 2", until: "ms")
    try pane.enter(":load \(pane.folder)/s.lua", until: "6 ›")
    #expect(
      try String(contentsOfFile: pane.folder + "/s.lua", encoding: .utf8)
        == "-- %%\nlocal a = 1\n\n-- %%\nprint(a)\n")
  }

  @Test func aSessionCanBePiped() throws {
    let program = try Program()
    func piped(_ session: String) throws -> (status: Int32, output: String) {
      try program.script(session, name: "session")
      return try Self.piped(program)
    }
    #expect(try piped("local x = 2\nfor i = 1, 2 do\n  x = x * 2\nend\nx\n") == (0, "8\n"))
    // The rest runs, and the status tells.
    #expect(try piped("error('no')\n1 + 1\n") == (1, "2\n"))
    #expect(try piped("for i = 1, 2 do\n") == (1, ""))
    #expect(try piped("error('no')\nos.exit(0)\n") == (0, ""))
    #expect(try piped("os.exit(3)\n") == (3, ""))
  }

  private static func piped(_ program: Program) throws -> (status: Int32, output: String) {
    let shell = Process()
    let output = Pipe()
    shell.executableURL = URL(fileURLWithPath: "/bin/sh")
    shell.arguments = ["-c", "\(Program.url.path) repl < \(program.file("session").path)"]
    shell.standardOutput = output
    shell.standardError = FileHandle.nullDevice
    try shell.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    shell.waitUntilExit()
    return (shell.terminationStatus, text)
  }
}
