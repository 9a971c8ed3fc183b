import Encoding
import Glibc
import Platform
import Testing

@testable import Sweeps

@Suite struct SweepStoreTests {
  private func plan(_ count: Int = 6, fingerprint: String = "f") throws -> SweepPlan {
    let items = (1...count).map { SweepItem(["seed": .number($0)]) }
    return try SweepPlan(name: "p", items: items, fingerprint: fingerprint)
  }

  private func measured(_ store: SweepStore, _ units: [Int], failing: Set<Int> = []) throws {
    let run = SweepRun(store) { items in
      items.map { place, item in
        let outcome: SweepRecord.Outcome =
          failing.contains(place)
          ? .failure(message: "no", traceback: ["here"]) : .row(["x": .exact(Double(place) / 3)])
        return SweepRecord(id: store.plan.id(of: place), item: item, outcome: outcome)
      }
    }
    try run.measure(units, retriesFailures: true, onUnit: { _, _ in })
    try run.finish()
  }

  private func withStore<R>(_ plan: SweepPlan, _ body: (SweepStore) throws -> R) throws -> R {
    let folder = try TemporaryFolder("lunette-sweep-")
    let store = SweepStore(folder: folder.path, plan: plan)
    try store.prepare()
    try store.load()
    return try body(store)
  }

  private func again(_ store: SweepStore, _ plan: SweepPlan? = nil) throws -> SweepStore {
    let other = SweepStore(folder: store.folder, plan: plan ?? store.plan)
    try other.load()
    return other
  }

  @Test func whatIsMeasuredIsFoundAgain() throws {
    try withStore(plan()) { store in
      try measured(store, [0, 2, 4])
      let found = try again(store)
      #expect(found.missingUnits() == [1, 3, 5] && found.problems.isEmpty && found.doneCount == 3)
      #expect(found.records == store.records)
      #expect(found.missingUnits(of: try #require(SweepPart("2/3"))) == [1])
    }
  }

  @Test func anExtensionHasOnlyWhatIsNew() throws {
    try withStore(plan(3)) { store in
      try measured(store, [0, 1, 2])
      let more = try again(store, plan(5))
      #expect(more.missingUnits() == [3, 4] && more.staleCount == 0)
      let changed = try again(store, plan(5, fingerprint: "g"))
      #expect(changed.missingUnits().count == 5 && changed.staleCount == 3)
    }
  }

  @Test func failuresStandUntilTheyAreRetried() throws {
    try withStore(plan(3)) { store in
      try measured(store, [0, 1, 2], failing: [1])
      let found = try again(store)
      #expect(found.missingUnits().isEmpty && found.missingUnits(retriesFailures: true) == [1])
      #expect(found.failures.map(\.place) == [1] && found.doneCount == 2)
      try measured(found, [1])
      #expect(try again(store).failures.isEmpty)
    }
  }

  @Test func aTornPartIsNamedAndMended() throws {
    try withStore(plan()) { store in
      try measured(store, [0, 1, 2, 3])
      let name = try #require(Folder.names(in: "\(store.folder)/parts").first)
      let path = "\(store.folder)/parts/\(name)"
      var bytes = try FileBytes.read(path)
      bytes.removeLast(20)
      try WholeFile.write(bytes, to: path)
      let torn = try again(store)
      #expect(torn.problems == ["parts/\(name) is damaged at line 5: what it held there is measured again"])
      #expect(torn.missingUnits() == [3, 4, 5])
      try torn.mend()
      let mended = try again(store)
      #expect(mended.problems.isEmpty && mended.missingUnits() == [3, 4, 5])
      #expect(Folder.names(in: "\(store.folder)/parts").contains("\(name).damaged"))
    }
  }

  @Test(arguments: [0, 30, 90, 200, 260])
  func anyChangedByteIsFound(at place: Int) throws {
    try withStore(plan()) { store in
      try measured(store, [0, 1])
      let name = try #require(Folder.names(in: "\(store.folder)/parts").first)
      let path = "\(store.folder)/parts/\(name)"
      var bytes = try FileBytes.read(path)
      bytes[place] ^= 1
      try WholeFile.write(bytes, to: path)
      let found = try again(store)
      #expect(found.problems.count == 1)
      for (place, record) in found.records { #expect(record == store.records[place]) }
    }
  }

  @Test func whatAKilledWriterLeftCounts() throws {
    try withStore(plan()) { store in
      try measured(store, [0, 1])
      let name = try #require(Folder.names(in: "\(store.folder)/parts").first)
      let path = "\(store.folder)/parts/\(name)"
      var bytes = try FileBytes.read(path)
      bytes.removeLast(3)
      try WholeFile.write(bytes, to: path + ".tmp")
      unlink(path)
      let found = try again(store)
      #expect(found.missingUnits() == [1, 2, 3, 4, 5] && found.problems.count == 1)
      try found.mend()
      #expect(Folder.names(in: "\(store.folder)/parts") == [name])
      #expect(try again(store).missingUnits() == [1, 2, 3, 4, 5])
    }
  }

  /// A draft that somebody writes is read and left alone.
  @Test func aLivingWriterIsLeftAlone() throws {
    try withStore(plan()) { store in
      let writer = PartWriter(folder: store.folder, part: .whole, plan: store.plan)
      let record = SweepRecord(id: store.plan.id(of: 2), item: store.plan.items[2], outcome: .row(["x": 1]))
      try writer.append([record])
      let found = try again(store)
      #expect(found.missingUnits() == [0, 1, 3, 4, 5] && found.problems.isEmpty)
      try found.mend()
      try writer.finish()
      #expect(try again(store).missingUnits() == [0, 1, 3, 4, 5])
    }
  }

  /// A machine that failed may have kept a draft's line and lost the picture.
  @Test func aRowOfADraftWithoutItsPictureIsMeasuredAgain() throws {
    try withStore(plan(2)) { store in
      let name = SweepStore.pictureName(id: store.plan.id(of: 0), field: "image")
      let row: JSON.Object = ["image": SweepValue.picture(path: name, byteCount: 3)]
      var writer: PartWriter? = PartWriter(folder: store.folder, part: .whole, plan: store.plan)
      try writer?.append([
        SweepRecord(id: store.plan.id(of: 0), item: store.plan.items[0], outcome: .row(row))
      ])
      writer = nil
      #expect(try again(store).missingUnits() == [0, 1])
      try SweepStore.writePicture([1, 2, 3], as: name, in: store.folder)
      let found = try again(store)
      #expect(found.missingUnits() == [1])
      try found.mend()
      #expect(try again(store).missingUnits() == [1])
    }
  }

  @Test func reportsReadBackToTheSameBits() throws {
    let values: [Double] = [0.1, -0.0, 1, 1e300, 5e-324, .nan, .infinity, -.infinity, 1 / 3]
    let items = values.indices.map { SweepItem(["seed": .number($0), "prompt": "a \"b\",\nc"]) }
    let plan = try SweepPlan(name: "p", items: items.reversed(), fingerprint: "f")
    try withStore(plan) { store in
      let run = SweepRun(store) { items in
        items.map { place, item in
          let value = values[item.fields["seed"]?.int ?? 0]
          let vector = SweepValue.tensor(shape: [2, 1], [Float(value), 0.1])
          return SweepRecord(
            id: plan.id(of: place), item: item, outcome: .row(["value": .exact(value), "vector": vector]))
        }
      }
      try run.measure(Array(plan.units.indices), onUnit: { _, _ in })
      try run.finish()
      let report = SweepReport(try again(store).sorted)
      let lines = report.jsonLines().split(separator: "\n")
      #expect(lines.count == values.count)
      for (line, value) in zip(lines, values) {
        let row = try JSON(parsing: String(line), allowing: .nonFinite)
        let found = try #require(row["value"]?.double)
        #expect(found.bitPattern == value.bitPattern || found.isNaN && value.isNaN)
        #expect(row["vector"]?.array?.count == 2)
      }
      let csv = report.csv()
      #expect(csv.hasPrefix("prompt,seed,value,vector\n\"a \"\"b\"\",\nc\",0,0.1,\"[[0.1],[0.1]]\"\n"))
      #expect(csv.contains(",1,-0.0,") && csv.contains(",5,nan,") && csv.contains(",7,-inf,"))
    }
  }

  @Test func sqliteHoldsTheRowsOnce() throws {
    try withStore(plan(4)) { store in
      try measured(store, [0, 1, 2], failing: [2])
      let path = "\(store.folder)/rows.sqlite"
      try SweepDatabase.write(store, to: path)
      try measured(store, [2, 3])
      let later = try again(store)
      try SweepDatabase.write(later, to: path)
      try SweepDatabase.write(later, to: path)
      let bytes = try FileBytes.read(path)
      #expect(bytes.starts(with: "SQLite format 3".utf8))
      #expect(try SweepDatabase.count(path, "rows") == 4)
      #expect(try SweepDatabase.count(path, "failures") == 0)
    }
  }

  @Test func aTensorComesBackFromItsText() throws {
    let elements: [Float] = [0.1, -.infinity, .leastNonzeroMagnitude, 3]
    let value = try JSON(parsing: SweepValue.tensor(shape: [2, 2], elements).text())
    let found = try #require(SweepValue.tensor(value))
    #expect(found.shape == [2, 2] && found.elements.map(\.bitPattern) == elements.map(\.bitPattern))
    #expect(SweepValue.tensor(["float32": "AAAA", "shape": [1]]) == nil)
    #expect(SweepValue.tensor(["float32": "", "shape": [4_611_686_018_427_387_904, 4]]) == nil)
  }
}
