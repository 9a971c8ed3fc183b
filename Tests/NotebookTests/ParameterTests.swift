import Notebook
import Testing

@Suite struct ParameterTests {
  @Test(arguments: [
    ("seed=3", "3"), ("scale=-7.5", "-7.5"), ("prompt=a pistol and a cat", "\"a pistol and a cat\""),
    ("prompt=\"quoted\"", "\"quoted\""), ("on=true", "true"), ("list={1, 2}", "{1, 2}"), ("empty=", "\"\""),
    ("text=say \"hi\"\\", "\"say \\\"hi\\\"\\\\\""), ("x=1 2", "\"1 2\""), ("x=\"open", "\"\\\"open\""),
    ("url=a=b", "\"a=b\""), ("x= 3", "\" 3\""), ("code=os.exit()", "\"os.exit()\""),
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
    #expect(unknown == ["sede"])
    #expect(document.cells.map(\.source)[1] == "steps = 4\nsede = 1")
    #expect(document.parameters.first { $0.name == "steps" }?.source == "4")

    var plain = try Document(percent: "print(x)")
    #expect(plain.inject([try Parameter(assignment: "x=1")]) == [])
    #expect(plain.cells.map(\.source) == ["x = 1", "print(x)"])
  }
}
