import Notebook
import Testing

@Suite struct PercentTests {
  static let script = """
    #!/usr/bin/env lunette
    -- ---
    -- title: "Attribution"
    -- jupyter:
    --   kernelspec: {name: lunette}
    -- ---

    -- %% [markdown]
    -- # Maps
    --
    -- Some *prose*.

    -- %% tags=["parameters"]
    prompt = "a cat"


    -- %% A title  key={"a": 1}
    local text = [[
    -- %% not a marker
    ]]
    print(text)
    -- %% [raw]
    --[==[
    raw ]] text
    ]==]
    -- %%
    return 1

    """

  @Test func readsCells() throws {
    let document = try Document(percent: Self.script)
    #expect(document.shebang == "#!/usr/bin/env lunette")
    #expect(document.header == "title: \"Attribution\"\njupyter:\n  kernelspec: {name: lunette}")
    #expect(document.cells.map(\.kind) == [.markdown, .code, .code, .raw, .code])
    #expect(document.cells[0].source == "# Maps\n\nSome *prose*.")
    #expect(document.cells[1].isParameters)
    #expect(document.cells[1].source == "prompt = \"a cat\"")
    #expect(document.cells[2].title == "A title")
    #expect(document.cells[2].metadata["key"] == ["a": 1])
    #expect(document.cells[2].source == "local text = [[\n-- %% not a marker\n]]\nprint(text)")
    #expect(document.cells[3].source == "raw ]] text")
    #expect(document.title == "Maps")
  }

  @Test func linesAreThoseOfTheScript() throws {
    let lines = Self.script.split(separator: "\n", omittingEmptySubsequences: false)
    for cell in try Document(percent: Self.script).cells where cell.kind == .code {
      #expect(lines[cell.firstLine - 1] == cell.source.split(separator: "\n")[0])
    }
  }

  @Test func writesAnUnchangedScriptAsItWas() throws {
    #expect(try Document(percent: Self.script).percent() == Self.script)
    let odd = "\n-- a note\nx = 1\n--%% [md]  tags=[ \"a\" ]\n--prose\n-- %%\n\n\nreturn x\n"
    #expect(try Document(percent: odd).percent() == odd)
  }

  @Test func writesWhatChangedAndKeepsTheRest() throws {
    var document = try Document(percent: Self.script)
    document.cells[0].source = "# Other"
    document.cells[1].tags = []
    let written = document.percent()
    #expect(
      written.contains("-- %% [markdown]\n-- # Other\n\n-- %%\nprompt = \"a cat\"\n\n\n-- %% A title  key"))
    #expect(try Document(percent: written).cells.map(\.source) == document.cells.map(\.source))
  }

  @Test func textWithoutMarkersIsOneCell() throws {
    let document = try Document(percent: "\n\nlocal x = 1\nreturn x\n")
    #expect(document.cells.count == 1)
    #expect(document.cells[0].source == "local x = 1\nreturn x")
    #expect(document.cells[0].firstLine == 3)
    #expect(try Document(percent: "").cells.map(\.source) == [""])
  }

  @Test func codeInAProseCellIsRefused() {
    #expect(throws: NotebookError("line 3: the text of a [markdown] or [raw] cell must be a comment (--)")) {
      try Document(percent: "-- %% [markdown]\n-- hello\nx = 1\n")
    }
  }

  @Test func proseThatLooksLikeAMarkerSurvives() throws {
    let document = Document(cells: [
      Cell(kind: .markdown, source: "one\n%% two ]] three"), Cell(source: "x = 1"),
    ])
    let read = try Document(percent: document.percent())
    #expect(read.cells.map(\.source) == document.cells.map(\.source))
    #expect(read.cells.map(\.kind) == [.markdown, .code])
  }

  @Test func readsWindowsLineBreaks() throws {
    let document = try Document(percent: "-- %%\r\nx = 1\r\n-- %%\r\ny = 2\r\n")
    #expect(document.cells.map(\.source) == ["x = 1", "y = 2"])
  }

  @Test func cellIdentifiersDifferAndStay() throws {
    let text = "-- %%\nx = 1\n-- %%\nx = 1\n-- %%\ny = 1\n"
    let ids = try Document(percent: text).cells.map(\.id)
    #expect(Set(ids).count == 3)
    #expect(try Document(percent: text).cells.map(\.id) == ids)
  }
}
