import Testing

@testable import Lua

@Suite struct CallTests {
  @Test func valuesGoBothWays() throws {
    let bench = try Bench()
    #expect(try bench.integer("return 6 * 7") == 42)
    #expect(try bench.string("return apply(string.upper, 'ä\\0b')") == "ä\0B")
    let echo = try bench.lua.load("return ...")
    #expect(try echo.call([1, 2, 3], returning: [Int].self) == [1, 2, 3])
    #expect(try echo.call([0.5, -1], returning: [Float].self) == [0.5, -1])
    #expect(try echo.call(["a": 1, "b": 2], returning: LuaTable.self).get("b", as: Int.self) == 2)
    #expect(try echo.call(LuaBytes([0xff, 0]), returning: LuaBytes.self).bytes == [0xff, 0])
    #expect(try echo.call(Int.min, returning: Int.self) == Int.min)
    #expect(try echo.call(UInt64.max, returning: UInt64.self) == UInt64.max)
    #expect(try echo.call(2.0, returning: Int.self) == 2)
    #expect(try echo.call(Double.nan, returning: Double.self).isNaN)
    #expect(try echo.call(nil as Int?, returning: Int?.self) == nil)
    #expect(try echo.call(returning: Int?.self) == nil)
    let strings: [[String]] = [["a"], [], ["b", "c"]]
    #expect(try echo.call(strings, returning: [[String]].self) == strings)
    guard case .bytes([0xff]) = try bench.run("return '\\xff'")[0] else { throw Complaint(text: "bytes") }
  }

  @Test func mistakesAreRaisedAtTheCallersLine() throws {
    let bench = try Bench()
    #expect(
      bench.failure("\n\nlocal c = counter('x')")
        == "test.lua:3: bad argument #1 to 'counter' (integer expected, got string)")
    #expect(
      bench.failure("counter(1):add()")
        == "test.lua:1: bad argument #1 to 'add' (integer expected, got no value)")
    #expect(
      bench.failure("local c = counter(1)\nc.add({}, 1)")
        == "test.lua:2: calling 'add' on bad self (counter expected, got table)")
    #expect(
      bench.failure("counter(2.5)")
        == "test.lua:1: bad argument #1 to 'counter' (integer expected, got 2.5)")
    for hostile in ["1/0", "0/0", "1e300", "2^63"] {
      #expect(bench.failure("counter(\(hostile))").contains("integer expected"))
    }
    #expect(bench.failure("counter(1):fail('no such thing')") == "test.lua:1: no such thing")
    #expect(
      bench.failure("local x = counter(1) + {}").contains(
        "bad operand #2 to '+' (integer expected, got table)"))
    #expect(
      bench.failure("counter(1):ad(1)") == "test.lua:1: counter has no member 'ad'; did you mean 'add'?")
    #expect(bench.failure("counter(1).twice = 1") == "test.lua:1: 'twice' of a counter cannot be assigned")
    #expect(bench.failure("counter(1).valu = 1").contains("did you mean 'value'?"))
    #expect(bench.failure("local c = counter(1)[1.5]").contains("integer expected, got 1.5"))
    #expect(try bench.lua.load("return ...").call([1], returning: [Int].self) == [1])
    #expect(throws: LuaMismatch.self) {
      try bench.lua.load("return {1, 'x'}").call(returning: [Int].self)
    }
  }

  /// What nothing would read is refused, in functions, methods, module calls and after options alike.
  @Test func whatNothingReadsIsRefused() throws {
    let bench = try Bench()
    #expect(
      bench.failure("\ncounter(1, {}, 3)")
        == "test.lua:2: bad argument #3 to 'counter' (at most 2 arguments expected, got 3)")
    #expect(
      bench.failure("counter(1):add(1, nil, false)")
        == "test.lua:1: bad argument #2 to 'add' (at most 1 argument expected, got 3)")
    #expect(
      bench.failure("counter(1):copy(1)")
        == "test.lua:1: bad argument #1 to 'copy' (no argument expected, got 1)")
    #expect(try bench.integer("return counter(1, nil, nil, nil).value") == 1)
    #expect(try bench.integer("return apply(select, 3, 1, 2, 3)") == 3)
    let module = try bench.lua.module()
    try module.calling("module(x)") { call in try call[1] as Int }
    try module.function("all(x, ...)") { call in call.count }
    try module.function("sizes(sizes...)") { call in call.count }
    try bench.lua.globals.set("module", module.table)
    #expect(bench.failure("module(1, 2)").contains("at most 1 argument expected, got 2"))
    #expect(try bench.integer("return module(1) + module.all(1, 2, 3) + module.sizes(1, 2)") == 6)
  }

  @Test func listsHoldNothingElse() throws {
    let bench = try Bench()
    try bench.lua.globals.set(
      "sum", try bench.lua.function("sum(list)") { call in (try call[1] as [Int]).reduce(0, +) })
    #expect(try bench.integer("return sum{ 1, 2, 3 } + sum{} + sum(table.pack(4, 5))") == 15)
    #expect(
      bench.failure("sum{ 1, 2, third = 3 }").contains(
        "list without gaps or names expected, got a table with [\"third\"]"))
    #expect(bench.failure("sum{ 1, 2, [4] = 3 }").contains("[4]"))
    #expect(bench.failure("sum{ 1, [0] = 3 }").contains("[0]"))
    #expect(bench.failure("sum{ n = 3, 1 }").contains("[\"n\"]"))
    #expect(bench.failure("sum{ [1.5] = 3, 1 }").contains("[1.5]"))
  }

  @Test func unknownOptionsAreRefusedAndTheNearestIsNamed() throws {
    let bench = try Bench()
    #expect(try bench.integer("return counter(3, {step = 1}).value") == 3)
    #expect(
      bench.failure("counter(1, {stepp = 1})")
        == "test.lua:1: bad argument #2 to 'counter' (unknown option 'stepp'; did you mean 'step'?)")
    #expect(bench.failure("counter(1, {wieght = 1})").contains("did you mean 'weight'?"))
    #expect(bench.failure("counter(1, {7})").contains("unknown option [1]"))
    #expect(bench.failure("counter(1, 7)").contains("bad argument #2 to 'counter' (table expected, got 7)"))
    #expect(
      bench.failure("counter(1, {weight = 'much'})")
        == "test.lua:1: bad argument #2 to 'counter' (option 'weight': integer expected, got string)")
    let defaults = "setmetatable({}, {__index = function(_, k) return k == 'weight' and 5 or nil end})"
    #expect(try bench.integer("return counter(3, \(defaults)).value") == 3)
    let raising = "setmetatable({}, {__index = function() error('mine') end})"
    #expect(bench.failure("counter(3, \(raising))").hasSuffix("mine"))
  }

  @Test func errorsKeepTheirValueAndTheScriptsLines() throws {
    let bench = try Bench()
    let source = """
      local function inner() error({code = 7}) end
      local function outer() apply(inner) end
      local ok, e = pcall(outer)
      return ok, e.code
      """
    let results = try bench.run(source)
    guard case .boolean(false) = results[0], case .integer(7) = results[1] else {
      throw Complaint(text: "\(results)")
    }
    let failing = """
      local function inner()
        counter('x')
      end
      local function outer()
        apply(inner)
      end
      outer()
      """
    do {
      _ = try bench.run(failing)
      throw Complaint(text: "no error")
    } catch let error as LuaError {
      #expect(error.message == "test.lua:2: bad argument #1 to 'counter' (integer expected, got string)")
      #expect(error.traceback.map(\.line) == [2, 5, 7])
      #expect(error.traceback.allSatisfy { $0.source == "test.lua" })
      #expect(error.report.hasSuffix("test.lua:7: in main chunk"))
    }
    do {
      _ = try bench.run("error(setmetatable({}, {__tostring = function() return 'said so' end}))")
    } catch let error as LuaError { #expect(error.message == "said so") }
    do { _ = try bench.run("error()") } catch let error as LuaError {
      #expect(error.message == "(error object is a nil value)")
    }
    do { _ = try bench.lua.load("x =", name: "s.lua") } catch let error as LuaError {
      #expect(error.kind == .syntax)
      #expect(error.isIncompleteInput)
      #expect(error.message == "s.lua:1: unexpected symbol near <eof>")
    }
  }

  @Test func boundFunctionsYieldAndGoOn() throws {
    let bench = try Bench()
    let live = bench.live
    try bench.lua.globals.set(
      "ask",
      try bench.lua.function("ask(question)") { call in
        let question: String = try call[1]
        let held = Counter(live)
        return LuaStep.yield([question, 1]) { call in
          let answer: String = try call[1]
          return .yield([answer + "!"]) { call in
            withExtendedLifetime(held) {}
            if call.count == 0 { throw Complaint(text: "nothing to go on with") }
            return .done([answer, try call[1] as Int])
          }
        }
      })
    let source = """
      local co = coroutine.create(function() local a, b = ask('name?') return a .. b end)
      local _, q, n = coroutine.resume(co)
      local _, again = coroutine.resume(co, 'lua')
      local _, last = coroutine.resume(co, 7)
      return q .. n .. again .. last
      """
    #expect(try bench.string(source) == "name?1lua!lua7")
    #expect(bench.failure("ask('main')").contains("outside a coroutine"))
    #expect(
      try bench.string(
        """
        local co = coroutine.wrap(function() return select(2, pcall(ask, 'a')) end)
        co() co('b')
        return co()
        """
      ).hasSuffix("nothing to go on with"))
    _ = try bench.run("local co = coroutine.wrap(ask) co('dropped')")
    try bench.lua.collectGarbage()
    #expect(live.count == 0)
    #expect(
      bench.failure("local co = coroutine.wrap(function() apply(coroutine.yield, 1) end) co()")
        .contains("attempt to yield across a C-call boundary"))
  }

  @Test func coroutinesBehaveAsLuasOwn() throws {
    let bench = try Bench()
    #expect(bench.failure("coroutine.wrap(function() error('x') end)()") == "test.lua:1: test.lua:1: x")
    #expect(
      try bench.string(
        "local c = coroutine.create(print) coroutine.close(c) return select(2, coroutine.resume(c))")
        == "cannot resume dead coroutine")
    #expect(bench.failure("coroutine.resume(1)").contains("thread expected"))
    #expect(
      try bench.integer(
        """
        local function range(n) return coroutine.wrap(function() for i = 1, n do coroutine.yield(i) end end) end
        local sum = 0
        for i in range(100) do sum = sum + i end
        return sum
        """) == 5050)
  }
}
