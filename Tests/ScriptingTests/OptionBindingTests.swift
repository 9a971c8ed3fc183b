import Testing

@testable import Scripting

/// `lunette.options`, by which functions in Lua check theirs.
@Suite struct OptionBindingTests {
  private static let library = """
    local function read(opts, spec) return lunette.options.read(opts, spec, "draw", 2) end
    local function fault(opts, spec) return (select(2, pcall(read, opts, spec)):gsub("^.-: ", "")) end

    """

  private func shown(_ source: String) throws -> String {
    try transcript([Self.library + source])
  }

  @Test(arguments: [
    // what an option may be, what is given, and what the complaint says of it
    ("{ 'string' }", "1", "a string expected, got 1"),
    ("{ 'boolean' }", "'yes'", "true or false expected, got 'yes'"),
    ("{ 'number' }", "0/0", "a number expected, got nan"),
    ("{ 'number', min = 0 }", "-1", "a number of at least 0 expected, got -1"),
    ("{ 'number', max = 2.5 }", "3", "a number of at most 2.5 expected, got 3"),
    ("{ 'number', min = 0, max = 1 }", "true", "a number from 0 to 1 expected, got true"),
    ("{ 'integer' }", "1.5", "an integer expected, got 1.5"),
    ("{ 'integer', min = 1 }", "0", "a positive integer expected, got 0"),
    ("{ 'integer', min = 1, list = true }", "3", "a list of positive integers expected, got 3"),
    ("{ 'integer', min = 1, list = true }", "{ 3, 0 }", "a list of positive integers expected, got 0 at [2]"),
    ("{ 'string', list = 'or one' }", "{ 1 }", "a string or a list of them expected, got 1 at [1]"),
    ("{ 'string', list = 'or one' }", "{}", "an empty list leaves nothing"),
    (
      "{ 'string', list = 'or one' }", "{ 'a', b = 1 }",
      "list without gaps or names expected, got a table with [\"b\"]"
    ),
    ("{ 'tensor' }", "{}", "a tensor expected, got table"),
    ("{ 'image' }", "lunette.tensor.zeros{ 2 }", "an image expected, got tensor"),
    ("{ { 'soft', 'hard' } }", "'loud'", "one of 'soft', 'hard' expected, got 'loud'"),
    ("{ { 'soft', 'hard' } }", "{}", "one of 'soft', 'hard' expected, got table"),
    ("{ function(v) return nil, 'an even number expected' end }", "3", "an even number expected"),
    ("{ 'string', required = true }", "nil", "a string expected, got nil"),
  ])
  func namesWhatWasExpected(_ spec: String, _ given: String, _ message: String) throws {
    #expect(
      try shown("print(fault({ x = \(given) }, { x = \(spec) }))")
        == "bad argument #2 to 'draw' (option 'x': \(message))\n")
  }

  @Test func givesValuesAndDefaults() throws {
    #expect(
      try shown(
        """
        local image = lunette.image.new(lunette.tensor.zeros{ 2, 2, 3 })
        local o = read({ a = 2, words = "cat", picture = image, even = 3, lists = { 1, 2 } }, {
          a = { "integer", 1 }, b = { "number", 0.5 }, c = { "string" }, words = { "string", list = "or one" },
          picture = { "image" }, even = { function(v) return v * 2 end }, lists = { "integer", list = true },
          off = { "boolean", false }, anything = { "any" },
        })
        print(o.a, o.b, o.c, #o.words, o.words[1], o.picture == image, o.even, o.lists[2], o.off, o.anything)
        print(next(read(nil, { c = { "string" } })), read(nil, { a = { "integer", 4 } }).a)
        """) == "2\t0.5\tnil\t1\tcat\ttrue\t6\t2\tfalse\tnil\nnil\t4\n")
  }

  @Test func refusesWhatIsNoOption() throws {
    #expect(
      try shown(
        """
        local spec = { steps = { "integer" }, seed = { "integer" } }
        print(fault({ step = 1 }, spec))
        print(fault({ qqq = 1 }, spec))
        print(fault({ 1 }, spec))
        print(fault(3, spec))
        print((pcall(lunette.options.only, { minmax = 1 }, { "minmax" }, "mask", 1)))
        print((select(2, pcall(lunette.options.only, { minimax = 1 }, { "minmax" }, "mask", 1)):gsub("^.-: ", "")))
        """)
          == """
          bad argument #2 to 'draw' (unknown option 'step'; did you mean 'steps'?)
          bad argument #2 to 'draw' (unknown option 'qqq')
          bad argument #2 to 'draw' (unknown option [1])
          bad argument #2 to 'draw' (table of options expected, got 3)
          true
          bad argument #1 to 'mask' (unknown option 'minimax'; did you mean 'minmax'?)

          """)
  }

  /// A slip of whoever wrote the function is theirs.
  @Test(arguments: [
    ("{ x = { 'strin' } }", "the specification of option 'x': there is no kind 'strin'"),
    ("{ x = 3 }", "the specification of option 'x': table expected, got 3"),
    ("{ x = {} }", "the specification of option 'x': string expected, got nil"),
  ])
  func refusesASpecificationThatIsNone(_ spec: String, _ message: String) throws {
    #expect(try shown("print((fault({ x = 1 }, \(spec))))") == message + "\n")
  }

  /// The line where the function was called, not that where it checks.
  @Test func namesTheCallersLine() throws {
    let text = try shown(
      "local function draw(o)\n  return lunette.options.read(o, {}, 'draw', 1)\nend\n"
        + "print(select(2, pcall(function()\n  draw{ x = 1 }\nend)))")
    #expect(text == "script.lua:7: bad argument #1 to 'draw' (unknown option 'x')\n")
  }

  /// Plugins get views of each other's tables: their options are read through them.
  @Test func optionsBehindAViewAreSeen() throws {
    func rockspec(_ name: String, needs: String) -> String {
      """
      package = "\(name)"  version = "1.0-1"
      source = { url = "file://." }
      dependencies = { \(needs) }
      build = { type = "builtin", modules = { ["\(name)"] = "init.lua" } }
      """
    }
    let bench = try PluginBench([
      "asked": [
        "asked-1.0-1.rockspec": rockspec("asked", needs: ""),
        "init.lua": """
        return {
          draw = function(o) return lunette.options.read(o, { n = { 'integer', 1 } }, 'draw', 1).n end,
        }
        """,
      ],
      "asker": [
        "asker-1.0-1.rockspec": rockspec("asker", needs: "\"asked\""),
        "init.lua":
          "local asked = require 'asked'\nreturn { ask = function(o) local n = asked.draw(o) return n end }",
      ],
    ])
    #expect(bench.run("return require('asker').ask{ n = 5 }") == "5")
    #expect(bench.run("return require('asked').draw{ n = 5 }") == "5")
    // The line is that of the plugin which called, or the script's.
    #expect(
      bench.run("return require('asker').ask{ m = 5 }").hasSuffix(
        "asker/init.lua:2: bad argument #1 to 'draw' (unknown option 'm'; did you mean 'n'?)"))
    #expect(
      bench.run("\nlocal n = require('asked').draw{ m = 5 }")
        == "script.lua:2: bad argument #1 to 'draw' (unknown option 'm'; did you mean 'n'?)")
  }
}
