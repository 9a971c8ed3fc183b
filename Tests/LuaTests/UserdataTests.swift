import Testing

@testable import Lua

@Suite struct UserdataTests {
  @Test func membersAndOperators() throws {
    let bench = try Bench()
    #expect(try bench.integer("local c = counter(2) c:add(3) return c.value") == 5)
    #expect(try bench.integer("local c = counter(2) c.value = 9 return c.twice") == 18)
    #expect(try bench.integer("local c = counter(2) return c[40]") == 42)
    #expect(try bench.integer("local c = counter(2) c[6] = 7 return #c") == 42)
    #expect(try bench.integer("return (counter(2) + counter(3) + 4 + 5).value") == 14)
    #expect(try bench.integer("return (1 + counter(2)).value") == 3)
    #expect(try bench.string("return tostring(counter(2):copy())") == "counter(2)")
    #expect(try bench.string("return getmetatable(counter(2))") == "counter")
    #expect(bench.failure("setmetatable(counter(2), {})").contains("table expected"))
  }

  @Test func everythingIsReleased() throws {
    let bench = try Bench()
    _ = try bench.run(
      """
      for i = 1, 2000 do
        local c = counter(i)
        pcall(c.fail, c, 'x'); pcall(c.add, c, 'x'); pcall(counter, 1, {bad = 1})
        pcall(apply, function() error(c) end)
        local _ = c + 1
      end
      """)
    try bench.lua.collectGarbage()
    #expect(bench.live.count == 0)
    _ = try bench.run("kept = counter(1)")
    #expect(bench.live.count == 1)
    bench.lua.close()
    #expect(bench.live.count == 0)
  }

  @Test func closedValuesRaise() throws {
    let bench = try Bench()
    #expect(try bench.integer("local out do local c <close> = counter(5) out = c.value end return out") == 5)
    #expect(bench.live.count == 0)
    let message = bench.failure("local k do local c <close> = counter(5) k = c end return k.value")
    #expect(message.contains("counter expected, got a closed counter"))
  }

  @Test func forgedMetatablesAndStolenFinalizersDoNoHarm() throws {
    let bench = try Bench()
    let forged = """
      local mt = debug.getmetatable(counter(1))
      local file = io.stderr
      local old = debug.getmetatable(file)
      debug.setmetatable(file, mt)
      local ok, e = pcall(function() return file.value end)
      mt.__gc(file)
      debug.setmetatable(file, old)
      return e
      """
    #expect(try bench.string(forged).contains("calling 'index' on bad self (counter expected, got counter)"))
    let stolen = """
      local c = counter(1)
      local mt = debug.getmetatable(c)
      mt.__gc(c) mt.__gc(c) mt.__gc(1) mt.__gc()
      return select(2, pcall(function() return c.value end))
      """
    #expect(try bench.string(stolen).contains("closed counter"))
    let swapped = """
      local f = function() end
      debug.setupvalue(counter, 1, counter(1))
      local _, a = pcall(counter, 1)
      debug.setupvalue(counter, 1, nil)
      local _, b = pcall(counter, 1)
      return a .. '; ' .. b
      """
    #expect(try bench.string(swapped).hasSuffix("not a function; this function was closed"))
    try bench.lua.collectGarbage()
    #expect(bench.live.count == 0)
  }

  @Test func errorsInFinalizersBecomeWarnings() throws {
    let bench = try Bench()
    var warnings: [String] = []
    bench.lua.onWarning = { warnings.append($0) }
    _ = try bench.run("setmetatable({}, {__gc = function() error('late') end}) collectgarbage()")
    #expect(warnings.count == 1)
    #expect(warnings.first?.contains("late") == true)
    _ = try bench.run("warn('a', 'b') warn('@off') warn('c') warn('@on')")
    #expect(warnings.last == "ab")
  }

  @Test func memoryOutsideDrivesTheCollector() throws {
    let bench = try Bench()
    var most = 0
    try bench.lua.globals.set(
      "look", try bench.lua.function("look()") { _ in most = max(most, bench.live.count) })
    _ = try bench.run("for i = 1, 3000 do counter(i, {weight = 1 << 20}) look() end")
    #expect(most <= 66)
    #expect(bench.lua.external.total <= 66 << 20)
    try bench.lua.collectGarbage()
    #expect(bench.lua.external.total == 0)
  }

  @Test func referencesOutliveTheirState() throws {
    var bench: Bench? = try Bench()
    let table = try bench?.lua.load("return {1}").call(returning: LuaTable.self)
    bench?.lua.close()
    #expect(throws: LuaError.self) { try table?.get(1, as: Int.self) }
    bench = nil
    #expect(throws: LuaError.self) { try table?.get(1, as: Int.self) }
  }
}
