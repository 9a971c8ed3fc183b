import Foundation
import Testing

/// Sweeps as users run them: in processes that are killed, in parts, from scripts.
@Suite struct SweepCommandTests {
  let program: Program

  init() throws { program = try Program() }

  /// Arithmetic, so that a hundred items take no time.
  private static let plan = """
    -- %% tags=["parameters"]
    local last, slow = 20, 0
    -- %%
    local names = { "a cat", "a \\"dog\\", and an owl" }
    local function value(item) return item.seed / 7 + #item.prompt end
    -- %%
    return lunette.sweep{
      name = "numbers", items = { prompt = names, seed = { 1, last } },
      each = function(item)
        local wait = lunette.clock() + slow
        while lunette.clock() < wait do end
        return { value = value(item), chance = math.random(), noise = lunette.tensor.randn({ 3 }) }
      end,
    }
    """

  private func report(_ folder: String, _ more: String...) throws -> String {
    let result = try program.run(
      ["sweep", "report", "plan.lua", "--out", folder, "--csv", "\(folder).csv"] + more)
    #expect(result.status == 0, "\(result.errors)")
    return try program.text("\(folder).csv")
  }

  private func status(_ folder: String, _ more: String...) throws -> String {
    let result = try program.run(["sweep", "status", "plan.lua", "--out", folder] + more)
    return result.output.split(separator: "\n").last.map(String.init) ?? ""
  }

  @Test func workersAndPartsGiveTheSameBytes() throws {
    try program.script(Self.plan, name: "plan.lua")
    let whole = try program.run("sweep", "run", "plan.lua", "--out", "whole", "--workers", "2")
    #expect(whole.status == 0, "\(whole.errors)")
    #expect(try status("whole") == "40 of 40 items")
    for part in 1...3 {
      #expect(
        try program.run("sweep", "run", "plan.lua", "--out", "parts", "--workers", "1", "--part", "\(part)/3")
          .status
          == 0)
      #expect(try status("parts") == "\([14, 27, 40][part - 1]) of 40 items")
    }
    let text = try report("whole")
    #expect(text == (try report("parts")))
    let lines = text.split(separator: "\n")
    #expect(lines.count == 41 && lines[0] == "prompt,seed,chance,noise,value")
    #expect(lines[1].hasPrefix("\"a \"\"dog\"\", and an owl\",1,"))
  }

  @Test func killedAgainAndAgainItGivesTheSameBytes() throws {
    try program.script(Self.plan, name: "plan.lua")
    _ = try program.run("sweep", "run", "plan.lua", "--out", "whole", "--workers", "1")
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<5 {
      _ = try program.run(
        "sweep", "run", "plan.lua", "--out", "killed", "--workers", "2", "--set", "slow=0.01"
      ) { process in
        usleep(UInt32.random(in: 50_000...400_000, using: &generator))
        // The workers too, which would otherwise finish what they have in hand.
        for worker in Self.children(of: process) { kill(worker, SIGKILL) }
        kill(process, SIGKILL)
      }
    }
    // `slow` is a variable of the function: with another value it would be another function.
    _ = try program.run("sweep", "run", "plan.lua", "--out", "killed", "--set", "slow=0.01")
    _ = try program.run("sweep", "run", "plan.lua", "--out", "slow", "--set", "slow=0.01")
    #expect(try report("killed", "--set", "slow=0.01") == report("slow", "--set", "slow=0.01"))
  }

  private static func children(of process: Int32) -> [Int32] {
    let text =
      (try? String(contentsOfFile: "/proc/\(process)/task/\(process)/children", encoding: .utf8)) ?? ""
    return text.split(separator: " ").compactMap { Int32($0) }
  }

  @Test func anExtensionMeasuresOnlyWhatIsNew() throws {
    try program.script(Self.plan, name: "plan.lua")
    _ = try program.run("sweep", "run", "plan.lua", "--out", "a", "--set", "last=15")
    let first = try Set(report("a", "--set", "last=15").split(separator: "\n"))
    let parts = try program.names(in: "a/parts")
    _ = try program.run("sweep", "run", "plan.lua", "--out", "a", "--workers", "1")
    let new = try program.names(in: "a/parts").filter { !parts.contains($0) }
    let added = try new.map { try program.text("a/parts/\($0)").split(separator: "\n").count - 1 }
    #expect(added.reduce(0, +) == 10)
    #expect(first.isSubset(of: try Set(report("a").split(separator: "\n"))))
  }

  @Test func aTornPartIsNamedAndDoneAgain() throws {
    try program.script(Self.plan, name: "plan.lua")
    _ = try program.run("sweep", "run", "plan.lua", "--out", "a", "--workers", "1")
    let text = try report("a")
    let name = try #require(program.names(in: "a/parts").first)
    let file = program.file("a/parts/\(name)")
    let bytes = try Data(contentsOf: file)
    try bytes.dropLast(bytes.count / 2).write(to: file)
    let status = try program.run("sweep", "status", "plan.lua", "--out", "a")
    #expect(status.errors.contains("parts/\(name) is damaged at line"), "\(status.errors)")
    let again = try program.run("sweep", "run", "plan.lua", "--out", "a")
    #expect(again.status == 0 && again.errors.contains(name))
    #expect(try report("a") == text)
    #expect(try program.run("sweep", "run", "plan.lua", "--out", "a").errors.contains("damaged") == false)
  }

  @Test func aChangeOfTheFunctionIsMeasuredAnewAndSaid() throws {
    try program.script(Self.plan, name: "plan.lua")
    _ = try program.run("sweep", "run", "plan.lua", "--out", "a")
    // Comments, places and lists that are not the function's make no difference.
    try program.script(
      "-- a comment\n\n"
        + Self.plan.replacing("return lunette.sweep", with: "local unused = 3\nreturn lunette.sweep"),
      name: "plan.lua")
    #expect(try status("a") == "40 of 40 items")
    try program.script(Self.plan.replacing("seed / 7", with: "seed / 8"), name: "plan.lua")
    let result = try program.run("sweep", "status", "plan.lua", "--out", "a")
    #expect(result.output == "0 of 40 items\n")
    #expect(result.errors.contains("40 items were measured with another model, judge or function"))
  }

  /// What a function reaches through tables counts too: modules of plugins, that are called themselves, among them.
  @Test func whatIsReachedThroughTablesCounts() throws {
    func fingerprint(_ text: String) throws -> String {
      let result = try program.run(
        "eval",
        """
        local study, look = require "study", require "emoji-world.judge"
        local held = { judge = { look = look, study = study }, factor = \(text) }
        local function each(item) return { x = held.factor * item.a, y = held.judge.look and study.words ~= nil } end
        return lunette.sweep{ name = "x", items = { a = 1 }, each = each }.fingerprint
        """)
      #expect(result.status == 0, "\(result.errors)")
      return result.output
    }
    #expect(try fingerprint("2") == fingerprint("2"))
    #expect(try fingerprint("2") != fingerprint("3"))
  }

  @Test func failuresAreKeptAndTriedAgainOnRequest() throws {
    let plan = """
      local function check(item)
        if item.seed == 3 and not io.open("mended") then error("no luck with " .. item.seed) end
      end
      return lunette.sweep{
        name = "luck", items = { seed = { 1, 4 } },
        each = function(item)
          check(item)
          return { x = item.seed }
        end,
      }
      """
    try program.script(plan, name: "plan.lua")
    let first = try program.run("sweep", "run", "plan.lua", "--out", "a")
    #expect(first.status == 1)
    #expect(
      first.errors.contains("no luck with 3") && first.errors.contains("1 items failed"), "\(first.errors)")
    let shown = try program.run("sweep", "status", "plan.lua", "--out", "a", "--failures")
    #expect(
      shown.errors.contains("plan.lua:2: in function 'check'") && shown.output == "3 of 4 items\n",
      "\(shown.errors)")
    #expect(FileManager.default.createFile(atPath: program.file("mended").path, contents: nil))
    #expect(try program.run("sweep", "run", "plan.lua", "--out", "a").status == 1)
    #expect(try program.run("sweep", "run", "plan.lua", "--out", "a", "--retry").status == 0)
    #expect(try status("a") == "4 of 4 items")
  }

  @Test func aWorkerThatDiesTwiceOfAnItemLeavesIt() throws {
    try program.script(
      """
      return lunette.sweep{
        name = "deadly", items = { seed = { 1, 6 } },
        each = function(item)
          if item.seed == 4 then
            local pid = io.open("/proc/self/stat"):read("n")
            os.execute("kill -9 " .. pid)
          end
          return { x = item.seed }
        end,
      }
      """, name: "plan.lua")
    let result = try program.run("sweep", "run", "plan.lua", "--out", "a", "--workers", "2")
    #expect(result.status == 1 && result.errors.contains("ended by signal 9"), "\(result.errors)")
    #expect(try status("a") == "5 of 6 items")
  }

  @Test func askedToEndItFinishesItsItems() throws {
    try program.script(Self.plan, name: "plan.lua")
    let result = try program.run(
      "sweep", "run", "plan.lua", "--out", "a", "--workers", "2", "--set", "slow=0.05"
    ) { process in
      try Program.wait { ((try? program.names(in: "a/parts")) ?? []).count >= 2 }
      usleep(200_000)
      kill(process, SIGTERM)
    }
    #expect(result.status == 1000 + SIGTERM, "\(result.errors)")
    #expect(try program.names(in: "a/parts").allSatisfy { $0.hasSuffix(".jsonl") })
    let done = try Int(status("a", "--set", "slow=0.05").prefix { $0.isNumber }) ?? 0
    #expect(done > 0 && done < 40)
  }

  /// A script with several sweeps: each worker runs it up to the one that is wanted.
  @Test func scriptsMeasureInWorkersToo() throws {
    try program.script(
      """
      local first = lunette.sweep{
        name = "first", items = { n = { 1, 2 } }, each = function(item) return { square = item.n ^ 2 } end,
      }
      local sum = 0
      for row in first:rows() do sum = sum + row.square end
      local second = lunette.sweep{
        name = "second", items = { seed = { 1, 5 } }, batch = 2,
        each = function(items)
          local rows = {}
          for i, item in ipairs(items) do rows[i] = { value = item.seed + sum, size = #items } end
          return rows
        end,
      }
      local text = ""
      for row in second:rows{ workers = 2 } do text = text .. row.value .. "/" .. row.size .. " " end
      print(text)
      """)
    let result = try program.run("run", "script.lua")
    #expect(result.status == 0 && result.output == "6.0/2 7.0/2 8.0/2 9.0/2 10.0/1 \n", "\(result.errors)")
    #expect(try program.names(in: "lunette-out/script").contains("second"))
    let refused = try program.run(
      "eval",
      "lunette.sweep{ name = 'x', items = { a = 1 }, each = function() return {} end }:run{ workers = 2 }")
    #expect(refused.status == 1 && refused.errors.contains("only run a script that lies in a file"))
  }

  @Test func whatIsNoPlanIsNamed() throws {
    try program.script("return 3", name: "plan.lua")
    let none = try program.run("sweep", "run", "plan.lua", "--out", "a")
    #expect(none.status == 1 && none.errors.contains("returns no sweep"))
    #expect(try program.run("sweep", "run", "plan.lua", "--part", "3/2").status == 2)
    #expect(try program.run("sweep", "run", "plan.lua", "--workers", "0").status == 2)
    #expect(try program.run("sweep", "report", "plan.lua").status == 2)
    try program.script("error('not today')", name: "plan.lua")
    #expect(try program.run("sweep", "status", "plan.lua").errors.contains("not today"))
    // Whose items are not the same in each process.
    try program.script(
      """
      local now = io.open("/proc/self/stat"):read("n")
      return lunette.sweep{ name = "x", items = { now = { now } }, each = function() return {} end }
      """, name: "plan.lua")
    let changing = try program.run("sweep", "run", "plan.lua", "--out", "b")
    #expect(
      changing.status == 1 && changing.errors.contains("other items or another function"),
      "\(changing.errors)")
  }

  @Test func plansAreTakenApartByName() throws {
    for (text, message) in [
      ("items = { a = 1 }, each = print", "name"), ("name = 'x', each = print", "items"),
      ("name = 'x', items = { a = 1 }", "each"), ("name = 'x/y', items = { a = 1 }, each = print", "name"),
      ("name = 'x', items = { a = { 1, 1 } }, each = print", "twice"),
      ("name = 'x', items = { a = 1 }, each = print, batch = 0", "batch"),
      ("name = 'x', items = { a = 1 }, each = print, batch = 2, together = { 'b' }", "together"),
      ("name = 'x', items = { a = print }, each = print", "items"),
      ("name = 'x', items = { a = 1 }, each = print, bacth = 2", "did you mean"),
    ] {
      let result = try program.run("eval", "return lunette.sweep{ \(text) }")
      #expect(result.status == 1 && result.errors.contains(message), "\(text): \(result.errors)")
    }
  }

  @Test func resultsThatCannotBeKeptAreFailures() throws {
    for (text, message) in [
      ("3", "a table of results expected"), ("nil", "a table of results expected"),
      ("{ a = 1 }", "has the name of a field"), ("{ f = print }", "the result 'f'"),
      ("{ 1, 2 }", "results by name"),
      ("{ s = '\\xff' }", "UTF-8"),
    ] {
      let result = try program.run(
        "eval",
        "local s = lunette.sweep{ name = 'x', folder = os.tmpname() .. '-d', items = { a = 1 }, each = function() return \(text) end } "
          + "s:run() return s:failures()[1].message")
      #expect(result.output.contains(message), "\(text): \(result.output) \(result.errors)")
    }
  }
}
