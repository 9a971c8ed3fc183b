import Notebook
import Testing

@Suite struct ParameterTests {
  @Test(arguments: [
    ("seed=3", "3"), ("scale=-7.5", "-7.5"), ("prompt=a pistol and a cat", "\"a pistol and a cat\""),
    ("prompt=\"quoted\"", "\"quoted\""), ("on=true", "true"), ("list={1, 2}", "{1, 2}"), ("empty=", "\"\""),
    ("text=say \"hi\"\\", "\"say \\\"hi\\\"\\\\\""), ("x=1 2", "\"1 2\""), ("x=\"open", "\"\\\"open\""),
    ("url=a=b", "\"a=b\""), ("x= 3", "\" 3\""), ("code=os.exit()", "\"os.exit()\""),
    // Beginnings of literals are text.
    ("x=64x64", "\"64x64\""), ("x=3D", "\"3D\""), ("x=1.5.2", "\"1.5.2\""), ("x=7b9c1f", "\"7b9c1f\""),
    ("x=12e", "\"12e\""), ("x=1_000", "\"1_000\""), ("x=0x", "\"0x\""), ("x=1e+", "\"1e+\""),
    ("x=.", "\".\""),
    ("x=0x1g", "\"0x1g\""), ("x=1..2", "\"1..2\""), ("x=-abc", "\"-abc\""), ("x=- -1", "\"- -1\""),
    ("x=--1", "\"--1\""), ("x=3 -- three", "\"3 -- three\""), ("x=nan", "\"nan\""), ("x=-inf", "\"-inf\""),
    ("x={cat} sits on {mat}", "\"{cat} sits on {mat}\""), ("x={cat}", "\"{cat}\""),
    ("x={1, os.exit()}", "\"{1, os.exit()}\""),
    ("x={1 2}", "\"{1 2}\""), ("x={1,,2}", "\"{1,,2}\""), ("x={", "\"{\""), ("x={[nil]=1}", "\"{[nil]=1}\""),
    ("x='a' .. 'b'", "\"'a' .. 'b'\""), ("x='\\q'", "\"'\\\\q'\""), ("x='a'b'", "\"'a'b'\""),
    ("x='\\300'", "\"'\\\\300'\""),
    ("x=[[open]", "\"[[open]\""), ("x=\"\\\"", "\"\\\"\\\\\\\"\""), ("x=true false", "\"true false\""),
    ("x=True", "\"True\""),
    // Whole ones are not.
    ("x=0x10", "0x10"), ("x=0xA.8p1", "0xA.8p1"), ("x=.5", ".5"), ("x=5.", "5."), ("x=1e-3", "1e-3"),
    ("x=-.5E+2", "-.5E+2"),
    ("x={}", "{}"),
    ("x={-1; 'a', k = {true, nil}, [\"l m\"] = 2,}", "{-1; 'a', k = {true, nil}, [\"l m\"] = 2,}"),
    ("x='\\n\\x41\\065\\u{48}\\z  '", "'\\n\\x41\\065\\u{48}\\z  '"), ("x=[==[a]]b]==]", "[==[a]]b]==]"),
    ("x=nil", "nil"),
  ])
  func readsValues(_ assignment: String, _ source: String) throws {
    #expect(try Parameter(assignment: assignment).source == source)
  }

  @Test(arguments: ["seed", "=3", "1a=2", "a b=1", "end=1", "a.b=1", "ä=1"])
  func refuses(_ assignment: String) {
    #expect(throws: NotebookError.self) { try Parameter(assignment: assignment) }
  }

  static let script = """
    -- %% tags=["parameters"]
    local prompt, seed <const> = "a cat, and", 7   -- seed
    steps = 2 *
      15
    words = { a = 1,
      b = f(1, 2) }; x = 1
    if steps == 3 then print(1) end

    -- %%
    y = 2
    """

  @Test func findsTheParametersOfADocument() throws {
    let parameters = try Document(percent: Self.script).parameters
    #expect(parameters.map(\.name) == ["prompt", "seed", "steps", "words", "x"])
    #expect(
      parameters.map(\.source) == ["\"a cat, and\"", "7", "2 *\n  15", "{ a = 1,\n  b = f(1, 2) }", "1"])
    #expect(parameters.map(\.json).prefix(2) == ["a cat, and", 7])
  }

  @Test func injectsAfterTheTaggedCell() throws {
    var document = try Document(percent: Self.script)
    let unknown = document.inject([
      try Parameter(assignment: "steps=4"), try Parameter(assignment: "sede=1"),
    ])
    #expect(unknown.unknown == ["sede"] && unknown.changes == [])
    #expect(document.cells.map(\.source)[1] == "steps = 4\nsede = 1")
    #expect(document.parameters.first { $0.name == "steps" }?.source == "4")

    var plain = try Document(percent: "print(x)")
    let nothing = plain.inject([try Parameter(assignment: "x=1")])
    #expect(nothing.unknown == [] && nothing.changes == [])
    #expect(plain.cells.map(\.source) == ["x = 1", "print(x)"])
  }

  @Test func valuesOfAnotherKindAreNamed() throws {
    let script = """
      -- %% tags=["parameters"]
      n, word, on, list, f, none = 4, "cat", false, { 1 }, 2 * 3, nil
      """
    func changes(_ assignments: String...) throws -> [String] {
      var document = try Document(percent: script)
      return document.inject(try assignments.map(Parameter.init(assignment:))).changes
    }
    #expect(try changes("n=abc") == ["n is a number in the script, and the text \"abc\" in this run"])
    #expect(try changes("word=7", "on=yes", "list=1").count == 3)
    #expect(
      try changes("n=-7.5", "word=dog", "on=true", "list={2}", "f=abc", "none=abc", "n=nil", "word=\"7\"")
        == [])
  }
}
