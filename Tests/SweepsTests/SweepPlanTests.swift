import Encoding
import Testing

@testable import Sweeps

@Suite struct SweepPlanTests {
  private func grid(_ axes: [(name: String, values: [JSON])]) throws -> [String] {
    try SweepGrid.product(axes).map(\.text)
  }

  @Test func itemsAreAllCombinationsWithRangesOfSeeds() throws {
    #expect(
      try grid([("seed", [2, 3]), ("prompt", ["b", "a"])]) == [
        #"{"prompt":"b","seed":2}"#, #"{"prompt":"b","seed":3}"#, #"{"prompt":"a","seed":2}"#,
        #"{"prompt":"a","seed":3}"#,
      ])
    #expect(try grid([("seed", [3, 6])]).count == 4)
    #expect(try grid([("seed", [3, 6, 9])]).count == 3)
    #expect(try grid([("seed", [3.5, 6])]).count == 2)
    #expect(try grid([("steps", [3, 6])]).count == 2)
  }

  @Test func whatIsNoGridIsNamed() {
    func fault(_ axes: [(name: String, values: [JSON])]) -> String {
      do {
        _ = try SweepGrid.product(axes)
        return "none"
      } catch { return "\(error)" }
    }
    #expect(fault([]).contains("at least one field"))
    #expect(fault([("a", [])]).contains("items.a"))
    #expect(fault([("seed", [9, 2])]).contains("first and the last"))
    #expect(fault([("a", [1, 1.0])]).contains("twice"))
    #expect(fault([("seed", [0, .number(Int.max)])]).contains("at most"))
    let many = (0..<5000).map { JSON.number($0) }
    #expect(
      fault([("a", many), ("b", many), ("c", many), ("d", many), ("e", many), ("f", many)]).contains(
        "at most"))
  }

  @Test func anItemIsKnownByItsValues() {
    let one = SweepItem(["b": 1.0, "a": ["y": 2, "x": [1.0]]])
    let other = SweepItem(["a": ["x": [1], "y": 2.0], "b": 1])
    #expect(one == other && one.text == #"{"a":{"x":[1],"y":2},"b":1}"#)
    #expect(one.id(under: "f") == other.id(under: "f") && one.id(under: "f") != one.id(under: "g"))
    #expect(SweepItem(["a": "1"]) != SweepItem(["a": 1]))
  }

  @Test func itemsAreSortedByValue() {
    let values: [JSON] = [false, true, -3, 2, 2.5, 10, "10", "B", "a", "é", [1]]
    let items = values.map { SweepItem(["x": $0]) }
    #expect(items.reversed().sorted() == items)
    #expect(items.shuffled().sorted() == items)
    let far = [9_007_199_254_740_993, 9_007_199_254_740_992].map { SweepItem(["x": .number($0)]) }
    #expect(far.sorted().map(\.text) == [#"{"x":9007199254740992}"#, #"{"x":9007199254740993}"#])
  }

  @Test func unitsDoNotDependOnWhatWasMeasured() throws {
    let items = try SweepGrid.product([("seed", [1, 5]), ("prompt", ["a", "b"]), ("steps", [10, 20])])
    let plan = try SweepPlan(
      name: "p", items: items, fingerprint: "f", batch: 3, together: ["seed", "prompt"])
    #expect(plan.units.joined().sorted() == Array(items.indices))
    for unit in plan.units {
      #expect(unit.count <= 3 && Set(unit.map { items[$0].fields["steps"]?.int }).count == 1)
    }
    let parts = (1...3).compactMap { SweepPart("\($0)/3") }
    #expect(plan.units.indices.allSatisfy { unit in parts.count { $0.contains(unit) } == 1 })
  }

  @Test func partsAreRead() {
    #expect(SweepPart("3/8")?.label == "3-of-8" && SweepPart("3/12")?.label == "03-of-12")
    for text in ["0/3", "4/3", "1", "1/", "/1", "a/b", "1/2/3", "1/99999999999"] {
      #expect(SweepPart(text) == nil)
    }
  }

  @Test func namesAreChecked() {
    for name in ["", "a/b", "..", "a b", String(repeating: "a", count: 65)] {
      #expect(throws: SweepError.self) {
        try SweepPlan(name: name, items: [SweepItem(["a": 1])], fingerprint: "")
      }
    }
  }

  @Test func paceIsThatOfTheLastMinute() {
    var pace = SweepPace(all: 20_000, done: 100, now: 0)
    #expect(pace.text(rest: 19_900) == "100 of 20,000 items")
    pace.note(measured: 40, failed: 0, now: 10)
    #expect(pace.text(rest: 19_860) == "140 of 20,000 items, 4.0 a second, 83 min left")
    for second in 11...100 { pace.note(measured: 1, failed: second == 50 ? 1 : 0, now: Double(second)) }
    #expect(pace.rate.map { $0 < 1.1 } == true)
    #expect(pace.text(rest: 0).hasSuffix("1 failed"))
    #expect([59.2, 3600, 86_400, 1e6].map(SweepPace.timeText) == ["60 s", "60 min", "24 h", "12 days"])
  }

  @Test func slurmArraysFitTheClusterAndLast() {
    #expect(SlurmArray.taskCount(units: 16_384, seconds: 0.2, workers: 2, limit: 1001) == 2)
    #expect(SlurmArray.taskCount(units: 46_000_000, seconds: 0.2, workers: 8, limit: 1001) == 1000)
    #expect(SlurmArray.taskCount(units: 3, seconds: 0.2, workers: 8, limit: 1001) == 1)
    #expect(SlurmArray.limit(inConfig: "MaxArraySize            = 4001\nx = 3\n") == 4001)
    #expect(SlurmArray.limit(inConfig: "") == 1001)
    let array = SlurmArray(
      program: "/bin/lunette", arguments: ["/a b/plan's.lua", "--out", "/x"],
      reportArguments: ["--csv", "/x/r.csv"],
      name: "s", folder: "/x/slurm", taskCount: 8, workers: 2, options: [])
    #expect(
      array.arrayScript.contains(#"exec /bin/lunette sweep run '/a b/plan'\''s.lua' --out /x --workers 2"#))
    #expect(array.arrayScript.contains("#SBATCH --array=1-8\n"))
  }
}
