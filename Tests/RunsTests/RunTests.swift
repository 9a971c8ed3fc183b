import Encoding
import Foundation
import Notebook
import Testing

@testable import Runs

/// Runs that are started in this process, as another program would start them that uses the library.
@Suite struct RunTests {
  private let place = FileManager.default.temporaryDirectory.appendingPathComponent("runs-\(UUID())").path

  private func write(_ text: String, as name: String) throws -> String {
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    try text.write(toFile: "\(place)/\(name)", atomically: true, encoding: .utf8)
    return "\(place)/\(name)"
  }

  private func run(_ text: String, _ change: (inout Run.Options) throws -> Void = { _ in }) throws -> (
    Run, Run.Result
  ) {
    var options = Run.Options(script: try write(text, as: "script.lua"), outputFolder: "\(place)/out")
    try change(&options)
    let run = try Run(options)
    return (run, run.start())
  }

  @Test func runsAScriptAndKeepsWhatItShows() throws {
    defer { try? FileManager.default.removeItem(atPath: place) }
    var printed = ""
    var options = Run.Options(
      script: try write(
        "-- %% tags=[\"parameters\"]\nlocal n = 1\n-- %% A table\nprint(n, arg[1])\n"
          + "lunette.display(lunette.table{ { n = n } })\nlunette.tensor.randn({ 1 }, { seed = 7 })\n",
        as: "script.lua"),
      outputFolder: "\(place)/out", parameters: [try Parameter(assignment: "n=3")])
    options.arguments = ["given"]
    let run = try Run(options)
    run.onEvent = { if case .output(.stream(.stdout, let text), _) = $0 { printed += text } }
    let result = run.start()
    #expect(result.status == .done && result.failure == nil && result.writeFailures.isEmpty)
    #expect(printed == "3\tgiven\n")
    #expect(run.folder.names == ["01-a-table.csv"])
    #expect(result.record.json["outputs"]?.array == ["01-a-table.csv"])
    #expect(result.record.json["parameters"]?["n"]?.int == 3)
    let written = try JSON(parsing: Array(Data(contentsOf: URL(fileURLWithPath: "\(place)/out/run.json"))))
    #expect(written["status"] == "done" && written["cells"]?.array?.count == 3)
    #expect(FileManager.default.fileExists(atPath: "\(place)/out/report.html"))
  }

  @Test func namesTheScriptsLineInAnError() throws {
    defer { try? FileManager.default.removeItem(atPath: place) }
    let (run, result) = try run("-- %%\nprint(1)\n-- %%\nerror(\"no\")\n-- %%\nprint(2)\n")
    #expect(result.status == .failed && result.failure?.line == 4)
    #expect(result.failure?.message.hasSuffix("script.lua:4: no") == true)
    #expect(result.record.json["cells"]?.array?.count == 2)
    #expect(result.record.json["error"]?["line"]?.int == 4)
    // The folder is free for the next run.
    let again = try Run(.init(script: "\(place)/script.lua", outputFolder: run.folder.path))
    #expect(again.start().status == .failed)
  }

  @Test func keepsWarningsWithTheirCell() throws {
    defer { try? FileManager.default.removeItem(atPath: place) }
    var warnings: [String] = []
    let session = try SessionSettings().open { _ in }
    let runner = CellRunner(session)
    runner.onEvent = { if case .warning(let text) = $0 { warnings.append(text) } }
    let outcome = runner.run("warn('@on') warn('mind this') print(1)", name: "cell")
    #expect(warnings == ["mind this"])
    #expect(outcome.outputs == [.stream(.stderr, "warning: mind this\n"), .stream(.stdout, "1\n")])
  }

  @Test func handsOnWhatACellKeepsOfALongText() throws {
    var (whole, kept) = (0, 0)
    let runner = CellRunner(try SessionSettings().open { _ in })
    runner.onEvent = { event in
      guard case .output(.stream(_, let text), let part) = event else { return }
      whole += text.utf8.count
      if case .stream(_, let text)? = part { kept += text.utf8.count }
    }
    let outcome = runner.run("for i = 1, 3000 do print(('x'):rep(999)) end", name: "cell")
    #expect(whole == 3_000_000)
    #expect(kept >= OutputLog.textLimit && kept < OutputLog.textLimit + 1000)
    #expect(outcome.log.note != nil)
  }

  @Test func endsWithTheStatusThatTheScriptAsksFor() throws {
    defer { try? FileManager.default.removeItem(atPath: place) }
    let (_, result) = try run("-- %%\nos.exit(3)\n-- %%\nerror('never')\n")
    #expect(result.exitStatus == 3 && result.failure == nil)
  }

  @Test func callsCellsOfNotebooksByTheirNumber() {
    var cell = Cell(source: "x", firstLine: 9)
    #expect(CellPlace(cell, at: 2, of: "a/b.lua") == CellPlace(cell, at: 4, of: "a/b.lua"))
    #expect(CellPlace(cell, at: 2, of: "a/b.lua").firstLine == 9)
    #expect(CellPlace(cell, at: 2, of: "a/b.ipynb").name == "cell 3")
    cell.tags = [Document.injectedTag]
    #expect(CellPlace(cell, at: 2, of: "a/b.lua").name == "--set")
    #expect(CellPlace(cell, at: 2, of: "a/b.lua").firstLine == 1)
  }

  @Test func namesAFileThatCannotBeRead() {
    #expect { try Run(.init(script: "/nowhere/x.lua", outputFolder: place)) } throws: {
      "\($0)" == "/nowhere/x.lua: No such file or directory"
    }
  }

  @Test func writesANotebooksOutputsIntoIt() throws {
    defer { try? FileManager.default.removeItem(atPath: place) }
    let file = try write("-- %%\nx = 2\n-- %%\nx + 1\n-- %%\nerror('no')\n-- %%\nprint(x)\n", as: "n.lua")
    var options = NotebookRun.Options(file: file, target: "\(place)/n.ipynb")
    options.allowsErrors = true
    options.firstCell = "2"
    let result = try NotebookRun(options).start()
    #expect(result.failures.map(\.message) == ["\(file):6: no"])
    let cells = try Document(file: "\(place)/n.ipynb").cells
    #expect(cells.map(\.executionCount) == [nil, 2, 3, 4])
    #expect(cells[1].outputs == [.result(MIMEBundle(plain: "3"), metadata: [:])])
    #expect(cells[3].outputs == [.stream(.stdout, "2\n")])
  }
}
