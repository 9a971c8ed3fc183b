import Testing

@testable import Lua
@testable import Scripting

/// Every function and method with arguments that make no sense: whatever they answer, the process survives.
@Suite struct HostileArgumentTests {
  private static let values = """
    local loop = {} loop[1] = loop
    local x = t.arange(6):view{2, 3}
    local function same(...) return ... end
    hostile = {
      true, -1, 0, 1, 2, 3.5, math.mininteger, math.maxinteger, 2^53, 1e300, 0/0, 1/0, "x", "", {}, loop, {0}, {-1}, {2, 1},
      {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, {math.maxinteger}, {math.mininteger, 1}, {{}, {1}}, {0/0}, {y = 0/0}, {x = {1}, y = {}},
      {z = {{1/0}}}, x, x:t(), t(0/0), t{}, t.zeros{0, 3}, x[1]:expand{4, 3}, t.zeros{1, 1, 1, 1, 1, 1, 1, 1},
      image.new(t.zeros{2, 2, 3}), same, io.stdout, setmetatable({}, { __index = function() error("no") end }),
    }
    receivers = { x, x:t(), t(1), t{}, t.zeros{0, 3}, x[1]:expand{4, 3}, t.zeros{1, 1, 1, 1, 1, 1, 1, 1}, t.full({2, 2}, 0/0) }
    local n = #hostile
    function attack(f, ...)
      pcall(f, ...)
      for i = 1, n do
        local a = { ... }
        a[#a + 1] = hostile[i]
        pcall(f, table.unpack(a))
        for j = i % 7 + 1, n, 7 do
          a[select("#", ...) + 2] = hostile[j]
          pcall(f, table.unpack(a, 1, select("#", ...) + 2))
        end
      end
    end
    """

  @Test func methodsOfTensors() throws {
    let bench = try Bench()
    try bench.run(Self.values)
    let count = try bench.lua.load(
      """
      local _, methods = debug.getupvalue(debug.getmetatable(t{1}).__index, 1)
      local names = {}
      for name in pairs(methods) do names[#names + 1] = name end
      table.sort(names)
      for _, name in ipairs(names) do
        for _, receiver in ipairs(receivers) do attack(methods[name], receiver) end
      end
      return #names
      """
    ).call(returning: Int.self)
    #expect(count >= 100)
  }

  @Test func indexingAndOperators() throws {
    let bench = try Bench()
    try bench.run(Self.values)
    try bench.run(
      """
      local operators = {
        function(a, b) return a + b end, function(a, b) return a - b end, function(a, b) return a * b end,
        function(a, b) return a / b end, function(a, b) return a ^ b end, function(a, b) return a == b end,
        function(a, b) return a < b end, function(a, b) return a <= b end, function(a, b) return a .. b end,
        function(a, b) return a[b] end, function(a, b) return a[{ b, b }] end, function(a, b) return a[{ {b, 1} }] end,
        function(a, b, c) a[b] = c end, function(a, b, c) a[{ b, c }] = 1 end, function(a) return #a .. tostring(-a) end,
      }
      for _, operator in ipairs(operators) do
        for _, receiver in ipairs(receivers) do attack(operator, receiver:clone()) end
      end
      """)
  }

  @Test func functionsOfModules() throws {
    let bench = try Bench()
    try bench.run(Self.values)
    try bench.run(
      """
      attack(lunette.table)
      attack(function(...) return t(...) end)
      for _, name in ipairs{ "tensor", "linalg", "image", "metrics", "plot" } do
        for _, f in pairs(lunette[name]) do
          if type(f) == "function" then
            attack(f)
            attack(f, receivers[1])
          end
        end
      end
      for _, name in ipairs{ "resize", "narrow", "select", "overlay" } do
        for _, a in ipairs(hostile) do
          attack(receivers[1][name], receivers[1], a)
        end
      end
      for _, key in ipairs{
        "x", "y", "z", "low", "high", "label", "series", "title", "x_range", "y_range", "width", "height", "bins", "range",
        "values", "colors", "x_log",
      } do
        for _, kind in ipairs{ "line", "scatter", "bar", "hist", "heatmap" } do
          for _, value in ipairs(hostile) do
            pcall(lunette.plot[kind], { x = {1, 2}, y = {3, 4}, [key] = value })
            pcall(lunette.plot[kind], { x = {1, 2}, [key] = value })
            pcall(lunette.plot[kind], { y = {1/0, -1}, low = {0, 0}, high = {0/0, 1}, [key] = value })
            pcall(lunette.plot[kind], { z = {{1, 0/0}, {2, 3}}, [key] = value })
          end
        end
      end
      for _, key in ipairs{ "columns", "labels", "spacing", "background", "alpha", "colors", "range", "uniform", "antialias" } do
        for _, value in ipairs(hostile) do
          local picture = hostile[#hostile - 3]
          pcall(image.grid, { picture, picture }, { [key] = value })
          pcall(image.color_map, receivers[1], { [key] = value })
          pcall(receivers[1].overlay, receivers[1], picture, { [key] = value })
          pcall(receivers[1].resize, receivers[1], 2, 2, "bicubic", { [key] = value })
          pcall(lunette.table, { { 1 } }, { [key] = value })
        end
      end
      """)
  }
}
