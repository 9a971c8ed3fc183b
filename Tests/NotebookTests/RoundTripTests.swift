import Encoding
import Foundation
import Notebook
import Testing

/// Script → notebook → script is the identity, and notebook → notebook; what a script cannot hold is outputs.
@Suite struct RoundTripTests {
  private static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

  static let scripts = ((try? FileManager.default.contentsOfDirectory(atPath: root + "/Scripts")) ?? [])
    .filter { $0.hasSuffix(".lua") }.sorted()

  private func throughNotebook(_ script: String) throws -> String {
    try Document(ipynb: Array(Document(percent: script).ipynb().utf8)).percent()
  }

  @Test(arguments: scripts)
  func shippedScriptsComeBack(_ name: String) throws {
    let script = try String(contentsOfFile: "\(Self.root)/Scripts/\(name)", encoding: .utf8)
    #expect(try throughNotebook(script) == script)
  }

  @Test(arguments: [
    "print(1)\n", "", "-- %%\nx = 1\n",
    "#!/usr/bin/env lunette\n-- ---\n-- title: T\n-- ---\n\n\n-- %% A\nx=1\n",
    "-- a remark\n\n-- %% [markdown]\n--[[\n# T\n]]\n\n\n\n-- %%\nx = 1\n\n\n-- %%\n\n\n-- %% [md] tags=[\"a\"]\n-- b\n",
    "--%% tight\nx = 1\n-- %%%% deep\ny = 2\n",
    "-- %% [raw]\n-- r\n-- %%\n-- -- %% no marker\nx = [[\n-- %%\n]]\n",
    "-- ---\n-- jupyter:\n--   jupytext:\n--     text_representation:\n--       extension: .lua\n--   kernelspec:\n"
      + "--     display_name: Lua 5.4\n--     name: 'lua'\n-- ---\n\n-- %%\nx = 1\n",
  ])
  func layoutIsKept(_ script: String) throws {
    #expect(try throughNotebook(script) == script)
    #expect(try Document(percent: script).percent() == script)
  }

  @Test func jupytextsHeaderIsTheNotebooksMetadata() throws {
    let document = try Document(
      percent: "-- ---\n-- jupyter:\n--   kernelspec:\n--     name: lua\n--   n: 3\n-- ---\n\n-- %%\nx = 1\n")
    #expect(document.metadata == ["kernelspec": ["name": "lua"], "n": 3])
  }

  private func notebook(_ cells: String, minor: Int = 5, _ rest: String = "") throws -> Document {
    try Document(
      ipynb: Array(
        "{\"cells\":[\(cells)],\"metadata\":{\"kernelspec\":{\"name\":\"x\"}},\"nbformat\":4,\"nbformat_minor\":\(minor)\(rest)}"
          .utf8))
  }

  private static let hostile: [(cells: String, minor: Int)] = [
    (#"{"cell_type":"code","metadata":{},"source":["a\n","b"],"outputs":[],"execution_count":null}"#, 0),
    (#"{"cell_type":"widget","metadata":{"k":NaN},"source":[],"state":{"a":[1,2]}}"#, 2),
    (
      #"{"cell_type":"code","metadata":{},"source":["x"],"outputs":[{"output_type":"hologram","depth":3}],"execution_count":1,"future":[true]}"#,
      4
    ),
    (
      #"{"cell_type":"markdown","id":"m","metadata":{},"source":["![a](attachment:a.png)"],"attachments":{"a.png":{"image/png":"iVBORw=="}}}"#,
      5
    ),
    (
      #"{"cell_type":"code","id":"c","metadata":{"a b":{"c":null}},"source":["-- %% inner\n","-- -- %% twice\n","s = [[\n","-- %%\n","]]"],"outputs":[],"execution_count":null}"#,
      5
    ),
    (#"{"cell_type":"raw","id":"r","metadata":{"format":"text/x"},"source":["]]\n","-- %%"]}"#, 5),
  ]

  @Test(arguments: hostile.indices)
  func notebooksComeBack(_ index: Int) throws {
    let (cells, minor) = Self.hostile[index]
    let document = try notebook(cells, minor: minor, ",\"future\":{\"x\":1}")
    let written = document.ipynb()
    let wanted = try JSON(
      parsing:
        "{\"cells\":[\(cells)],\"future\":{\"x\":1},\"metadata\":{\"kernelspec\":{\"name\":\"x\"}},\"nbformat\":4,\"nbformat_minor\":\(minor)}",
      allowing: .python)
    #expect(try JSON(parsing: written, allowing: .python) == wanted)
  }

  @Test(arguments: hostile.indices)
  func cellsSurviveAScript(_ index: Int) throws {
    let document = try notebook(Self.hostile[index].cells, minor: 5)
    let back = try Document(percent: document.percent())
    #expect(back.cells.map(\.source) == document.cells.map(\.source))
    #expect(back.cells.map(\.kind) == document.cells.map(\.kind))
    #expect(back.cells.map(\.attachments) == document.cells.map(\.attachments))
    #expect("\(back.cells.map(\.metadata))" == "\(document.cells.map(\.metadata))")
    #expect(back.metadata == document.metadata)
  }

  @Test func outputsAreTakenOverByCellsThatSayTheSame() throws {
    var script = try Document(percent: "-- %%\nx = 1\n\n-- %%\ny = 2\n")
    let old = try notebook(
      #"{"cell_type":"code","id":"old","metadata":{},"source":["y = 2"],"outputs":[{"output_type":"stream","name":"stdout","text":"hi"}],"execution_count":7}"#
    )
    script.adoptOutputs(of: old)
    #expect(script.cells[1].id == "old" && script.cells[1].executionCount == 7)
    #expect(script.cells[1].outputs == [.stream(.stdout, "hi")])
    #expect(script.cells[0].outputs.isEmpty && script.cells[0].id != "old")
  }

  @Test func aMillionLinesAreCutWithANote() {
    var log = OutputLog(textLimit: 100)
    for line in 0..<1_000_000 { log.add(.stream(.stdout, "\(line)\n")) }
    guard case .stream(.stdout, let text)? = log.outputs.first else {
      Issue.record("no text")
      return
    }
    #expect(text.hasPrefix("0\n1\n2\n") && text.utf8.count < 200 && text.contains("cut here"))
    #expect(log.outputs.count == 2)
  }
}
