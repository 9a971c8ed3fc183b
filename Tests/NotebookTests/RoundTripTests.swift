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

  private static let metadata: [JSON.Object] = [
    ["title": "[markdown]"], ["title": "foo [raw]"], ["title": "[md]"], ["title": "a=1"], ["title": "{}"],
    ["title": "%x"],
    ["title": "%", "cell_depth": 2], ["title": " a "], ["title": "a\nb"], ["title": "\u{301}a"],
    ["title": "a .b"],
    ["title": 3], ["title": ""], ["title": nil], ["cell_depth": 1], ["cell_depth": 0], ["cell_depth": "a"],
    ["cell_depth": 99], ["x": nil], ["x": "[raw]"], ["x": "a=1 b=2"], ["x": "\u{2028}\u{85}\r\n\\"],
    ["x y": 1, "z": 2],
    ["": 1], ["é": 1], ["a=b": 1], ["[raw]": 1], ["region_name": "md"], ["region_name": "x"],
    ["incorrectly_encoded_metadata": "x=1"], ["incorrectly_encoded_metadata": "x=1)", "b": 1, "title": "t"],
    ["tags": ["parameters", "a b"]], ["cell_type": 1, "attachments": 2],
    ["x": ["a": [1, nil, ["b": "{"]]], "title": "-- %%"],
  ]

  @Test(arguments: metadata.indices, [Cell.Kind.code, .markdown, .raw])
  func metadataNeverChangeOnTheWay(_ index: Int, _ kind: Cell.Kind) throws {
    let cell = Cell(kind: kind, source: "-- a", metadata: Self.metadata[index])
    let script = Document(cells: [cell, cell]).percent()
    let back = try Document(percent: script)
    #expect(back.cells.map(\.kind) == [kind, kind], "\(script)")
    #expect(back.cells.map(\.source) == [cell.source, cell.source], "\(script)")
    #expect(back.cells.map(\.metadata) == [cell.metadata, cell.metadata], "\(script)")
  }

  @Test(arguments: [
    "\n\na\n\n\nb\n\n", "\n", "", "  \na\n  ", "a\n%% x", "--[[ a ]]", "]]\n%% x\n]=]\n", "\u{301}a",
    "In[1]:\n\n", "<codecell>",
  ])
  func proseIsKept(_ source: String) throws {
    for kind in [Cell.Kind.markdown, .raw] {
      let script = Document(cells: [Cell(kind: kind, source: source), Cell(source: "x = 1")]).percent()
      #expect(try Document(percent: script).cells.map(\.source) == [source, "x = 1"], "\(script)")
    }
  }

  @Test(arguments: [
    "-- %% a", "  -- %% a", "--%%", "-- %%t", "-- -- %% a", "-- In[3]:", "\t-- <codecell>", "-- %d",
    "-- -- -- %d", "\n\nx", "--[[\n-- %% a\n]]",
  ])
  func codeIsKept(_ source: String) throws {
    let script = Document(cells: [Cell(source: source), Cell(source: "x = 1")]).percent()
    #expect(try Document(percent: script).cells.map(\.source) == [source, "x = 1"], "\(script)")
  }

  @Test func lineBreaksOfAllSystemsAreRead() throws {
    let text = "-- %% [markdown]\n-- a\n\n-- %%\nx = 1\ny = 2\n"
    for ending in ["\r\n", "\r"] {
      for mark in ["", "\u{FEFF}"] {
        let document = try Document(percent: mark + text.replacing("\n", with: ending))
        #expect(document.cells.map(\.source) == ["a", "x = 1\ny = 2"])
        #expect(document.percent() == text)
      }
    }
    // Prose with a line break that Lua knows stays a comment.
    let prose = Document(cells: [Cell(kind: .markdown, source: "a\rprint(1)\r\nb")])
    #expect(prose.percent() == "-- %% [markdown]\n-- a\n-- print(1)\n-- b\n")
  }

  @Test func theEncodingLineOfJupytextIsNoCell() throws {
    let text = "-- -*- coding: utf-8 -*-\n-- ---\n-- jupyter:\n--   a: 1\n-- ---\n\n-- %%\nx = 1\n"
    let document = try Document(percent: text)
    #expect(document.cells.map(\.source) == ["x = 1"] && document.metadata == ["a": 1])
    #expect(try throughNotebook(text) == text)
  }

  @Test func metadataChangedInANotebookReachTheHeader() throws {
    let text = "-- ---\n-- title: A\n-- jupyter:\n--   count: 3 # three\n-- ---\n\n-- %%\nx = 1\n"
    var document = try Document(ipynb: Array(Document(percent: text).ipynb().utf8))
    #expect(document.percent() == text)
    document.metadata["count"] = 4
    let written = document.percent()
    #expect(written.hasPrefix("-- ---\n-- title: A\n-- jupyter:\n--   count: 4\n"))
    #expect(try Document(percent: written).metadata["count"] == 4)
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
