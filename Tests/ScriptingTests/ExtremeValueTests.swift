import Notebook
import Platform
import Tensor
import Testing

@testable import Lua
@testable import Scripting

/// Values at the ends of what numbers, sizes and tables can be: each has an answer, or an error that names it.
@Suite struct ExtremeValueTests {
  @Test func theSmallestIntegerIsWrittenAsJSON() throws {
    let bench = try Bench()
    #expect(
      try bench.text("lunette.json.encode{math.mininteger, math.maxinteger, -2^63, 2^63, -2^53}")
        == "[-9223372036854775808,9223372036854775807,-9.223372036854776e+18,9.223372036854776e+18,-9007199254740992.0]"
    )
    #expect(try bench.holds("lunette.json.decode('[-9223372036854775808]')[1] == math.mininteger"))
  }

  /// Every kind of plot over every pair of ends.
  @Test func plotsHaveAnyRange() throws {
    let bench = try Bench()
    let drawn = try bench.lua.load(
      """
      local ends = { -1.7e308, -1e308, -1, -1e-300, -5e-324, 0, 5e-324, 1e-310, 1, 1 + 2^-52, 1e9, 1e9 + 2^-23, 1e300, 1e308, 1.7e308, 0/0, 1/0, -1/0 }
      local plot, drawn = lunette.plot, 0
      for _, a in ipairs(ends) do
        for _, b in ipairs(ends) do
          for _, log in ipairs{ false, true } do
            local plots = {
              plot.line{ x = {a, b}, y = {b, a}, low = {a, a}, high = {b, b}, x_log = log, y_log = log },
              plot.scatter{ x = {a, b, a}, y = {b, a, b}, x_log = log, y_log = log }, plot.bar{ y = {a, b}, y_log = log },
              plot.hist{ x = {a, b}, bins = 3, y_log = log },
              plot.heatmap{ z = {{a, b}, {b, a}}, values = true },
            }
            for _, each in ipairs(plots) do
              drawn = drawn + 1
              local svg = each:svg()
              assert(not svg:find("nan") and not svg:find("inf"), svg)
            end
            if a < b and b < 1/0 and a > -1/0 then
              for _, kind in ipairs{ "line", "scatter", "bar", "hist", "heatmap" } do
                local made, message = pcall(plot[kind], { x = kind ~= "bar" and kind ~= "heatmap" and {1, 2} or nil, y = kind ~= "hist" and kind ~= "heatmap" and {1, 2} or nil,
                  z = kind == "heatmap" and {{1, 2}} or nil, x_range = kind ~= "heatmap" and {a, b} or nil, y_range = {a, b},
                  range = (kind == "hist" or kind == "heatmap") and {a, b} or nil })
                assert(made or message:find("too narrow"), message)
              end
            end
          end
        end
      end
      return drawn
      """
    ).call(returning: Int.self)
    #expect(drawn == 18 * 18 * 2 * 5)
  }

  /// The two halves of a range wider than any number are drawn where they belong.
  @Test func aRangeWiderThanAnyNumberIsDrawnInProportion() throws {
    let bench = try Bench()
    let svg = try bench.text("lunette.plot.line{ x = {0, 1, 2}, y = {-1e308, 0, 1e308} }:svg()")
    let small = try bench.text("lunette.plot.line{ x = {0, 1, 2}, y = {-1, 0, 1} }:svg()")
    func path(_ svg: String) -> String? {
      svg.firstMatch(of: /<path d="(M[^"]*)" fill="none"/).map { String($0.1) }
    }
    #expect(path(svg)?.split(separator: " ").last == path(small)?.split(separator: " ").last)
    #expect(path(svg)?.contains("L") == true)
  }

  @Test(arguments: [
    "tostring(huge)", "huge:tolist()", "lunette.stats.mean(huge)", "lunette.stats.pearson(huge, huge)",
    "lunette.plot.line{ y = huge }",
    "lunette.plot.heatmap{ z = wide }", "lunette.image.grid{ wide }", "lunette.metrics.psnr(huge, huge)",
    "lunette.image.color_map(wide)",
    "linalg.svd(wide)", "huge == t(2):expand{ huge:numel() }", "huge:split(1)",
    "t.zeros{1}:index_select(1, huge)", "t{ huge }", "image.new(wide):mimebundle()",
    "t.zeros{10^15 // 1 | 0}", "t.zeros{1 << 40, 1 << 40}", "t.zeros{1}:expand{1 << 62}", "t.eye(1 << 40)",
    "t.arange(1e300)",
    "t.zeros{2, 2}:tile{1 << 62, 4}", "t.zeros{1, 1, 1, 1, 1}:tile{1 << 62, 1, 1, 1, 1}",
    "t.zeros{1, 1}:resize(1 << 40, 1)", "t.one_hot({1}, 1 << 60)",
  ])
  func whatDoesNotFitMemoryIsAnError(expression: String) throws {
    let bench = try Bench()
    // As many elements as pass the check of a tensor's size: a view of one number.
    try bench.run(
      "huge = t(1):expand{\(Machine.memory / 4)} wide = t{ { 1 } }:expand{ 40000, \(Machine.memory / 4 / 40000) }"
    )
    let message = bench.failure("return \(expression)")
    if expression == "tostring(huge)" {
      #expect(message == "(no error)")
    } else {
      #expect(message != "(no error)" && !message.contains("\n"), "\(message)")
    }
  }

  @Test func whatIsRepeatedIsDescribedOnce() throws {
    let bench = try Bench()
    #expect(
      try bench.text("t{ { 1 }, { 0/0 } }:expand{ 2, 1000000000 }")
        == "tensor {2, 1000000000} from 1 to 1, mean 1, 1000000000 not finite")
  }

  @Test func sparseTablesAreNoEndlessLists() throws {
    let bench = try Bench()
    try bench.run("sparse = {} for i = 0, 50 do sparse[1 << i] = i end")
    for expression in [
      "t(sparse)", "lunette.json.encode(sparse)", "lunette.stats.mean(sparse)",
      "lunette.plot.line{ y = sparse }", "t.cat(sparse)",
      "lunette.table(sparse)", "lunette.stats.bootstrap(sparse, { statistic = function(x) return #x end })",
      "t.zeros(sparse)",
    ] {
      let message = bench.failure("return \(expression)")
      #expect(message.utf8.count < 400, "\(expression): \(message)")
    }
    #expect(try bench.holds("#lunette.table{ sparse } == 1"))
  }

  @Test func displaysHaveALimitOfSize() throws {
    let session = try Session()
    for source in [
      "lunette.display(('x'):rep(100 << 20))",
      "lunette.display(setmetatable({}, { __mimebundle = function() return { ['text/html'] = ('x'):rep(100 << 20) } end }))",
      "lunette.display(lunette.image.new(lunette.tensor(1):expand{ 20000, 20000, 3 }))",
    ] {
      let message = session.run(source).last?.message ?? ""
      #expect(message.contains("to be shown") || message.contains("too large"), "\(source): \(message)")
    }
    let plot =
      session.run("return lunette.plot.scatter{ y = lunette.tensor.zeros{ 10000000 } }").last?.message ?? ""
    #expect(plot.contains("at most 1000000 values, got 10000000"), "\(plot)")
    #expect(session.run("return 1 + 1").last?.plain == "2")
  }

  @Test func lunetteMayHoldItself() throws {
    let session = try Session()
    let outputs = session.run(
      "lunette.me = lunette lunette.list = { lunette } return require('daam').maps ~= nil")
    #expect(outputs.last?.plain == "true", "\(outputs)")
  }
}

extension Output {
  fileprivate var message: String { if case .error(let failure) = self { failure.message } else { "" } }
  fileprivate var plain: String {
    if case .result(let bundle, _) = self { bundle.plainText ?? "" } else { "" }
  }
}
