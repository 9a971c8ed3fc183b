import Glibc
import Testing

@testable import Lua

@Suite struct LimitTests {
  @Test func deepRecursionIsAnError() throws {
    let bench = try Bench()
    #expect(bench.failure("local function f() return 1 + f() end f()").contains("stack overflow"))
    #expect(bench.failure("function g() return 1 + apply(g) end g()").contains("C stack overflow"))
    #expect(
      bench.failure(
        "local s = setmetatable({}, {}) getmetatable(s).__index = function(t, k) return t[k .. 'x'] end return s.a"
      )
      .contains("overflow"))
    #expect(try bench.integer("return select('#', table.unpack({}, 1, 100000))") == 100000)
    #expect(
      try bench.integer("return select('#', apply(function() return table.unpack({}, 1, 10000) end))")
        == 10000)
    #expect(try bench.integer("return 1") == 1)
  }

  @Test func shortMemoryIsAnError() throws {
    let bench = try Bench(memoryLimit: 4 << 20)
    #expect(bench.failure("local t = {} for i = 1, 1e9 do t[i] = 'x' .. i end") == "not enough memory")
    #expect(bench.failure("return ('x'):rep(1 << 30)") == "not enough memory")
    #expect(throws: LuaError.self) {
      try bench.lua.load("return ...").call(String(repeating: "x", count: 8 << 20))
    }
    #expect(try bench.integer("return 1") == 1)
    // Every allocation fails in turn: nothing leaks, nothing crashes.
    for limit in stride(from: 0, to: 6000, by: 16) {
      try bench.lua.collectGarbage()
      let before = bench.lua.bytesInUse
      bench.lua.setMemoryLimit(before + limit)
      _ = try? bench.run(
        "local c = counter(1, {step = 2}) local d = c + 1 pcall(c.fail, c, 'text') return c:copy()")
      bench.lua.setMemoryLimit(nil)
    }
    try bench.lua.collectGarbage()
    #expect(bench.live.count == 0)
  }

  @Test func interruptsStopLoopsAndPcallCannotHoldThemOff() throws {
    let bench = try Bench()
    bench.lua.interruptOnSignal(SIGUSR1)
    let loops = [
      "while true do end",
      "while true do pcall(function() while true do end end) end",
      "coroutine.wrap(function() while true do end end)()",
      "local co = coroutine.create(function() while true do coroutine.yield() end end) while true do coroutine.resume(co) end",
      "local co = coroutine.wrap(function() apply(function() while true do end end) end) co()",
      "while true do counter(1) end",
    ]
    for loop in loops {
      var helper = pthread_t()
      pthread_create(
        &helper, nil,
        { _ in
          usleep(30_000)  // then on this thread, from where the handler forwards it
          raise(SIGUSR1)
          return nil
        }, nil)
      do {
        _ = try bench.run(loop)
        throw Complaint(text: "no error")
      } catch let error as LuaError {
        #expect(error.kind == .interrupted)
        #expect(error.message.hasSuffix("interrupted"))
      }
      pthread_join(helper, nil)
      #expect(bench.lua.isInterrupted)
      #expect(throws: LuaError.self) { try bench.lua.checkInterrupt() }
      bench.lua.clearInterrupt()
      #expect(try bench.integer("local n = 0 for i = 1, 1000 do n = n + 1 end return n") == 1000)
    }
  }

  @Test func bytecodeIsRefused() throws {
    let bench = try Bench()
    #expect(
      try bench.string("return select(2, load(string.dump(function() end)))").contains(
        "attempt to load a binary chunk"))
    #expect(try bench.integer("return load('return a', 'n', 't', {a = 3})()") == 3)
    #expect(try bench.integer("b = 4 return load('return b')()") == 4)
    #expect(try bench.string("return select(2, load('x =', '=n'))") == "n:1: unexpected symbol near <eof>")
  }
}
