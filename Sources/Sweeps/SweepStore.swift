import Encoding
import Glibc
import Platform

/// What has been measured of a sweep, in its folder: `parts/` with the rows, `pictures/` with what was drawn. Any number of processes
/// may write there at once, also on several machines: each has files of its own.
public final class SweepStore {
  public let folder: String
  public let plan: SweepPlan
  /// What was measured of the plan's items, by place.
  public private(set) var records: [Int: SweepRecord] = [:]
  /// How many of the plan's items were measured only under another fingerprint.
  public private(set) var staleCount = 0
  /// Part files that are damaged, in words.
  public private(set) var problems: [String] = []
  private var places: [String: Int] = [:]
  private var damaged: [(name: String, file: PartFile)] = []

  public init(folder: String, plan: SweepPlan) {
    (self.folder, self.plan) = (folder, plan)
    for place in plan.items.indices { places[plan.id(of: place)] = place }
  }

  /// Reads what is there. A folder that is not there has nothing measured.
  public func load() throws(FileError) {
    (records, problems, damaged, staleCount) = ([:], [], [], 0)
    var others: Set<String> = []
    for name in Folder.names(in: "\(folder)/parts")
    where name.hasSuffix(".jsonl") || name.hasSuffix(Self.draft) {
      let path = "\(folder)/parts/\(name)"
      let isDraft = name.hasSuffix(Self.draft)
      let isAbandoned = isDraft && !PartFile.isBeingWritten(path)
      let file: PartFile
      do throws(FileError) { file = try PartFile(path: path) } catch {
        // Its writer has just finished it: then it is there under its other name, and read with that.
        guard isDraft, error.code == ENOENT else { throw error }
        file = try PartFile(path: String(path.dropLast(4)))
      }
      if let damage = file.damage, !isDraft || isAbandoned {
        problems.append("parts/\(name) \(damage): what it held there is measured again")
      }
      if isAbandoned || file.damage != nil && !isDraft { damaged.append((name, file)) }
      for record in file.records.joined() {
        if let place = places[record.id] {
          keep(record, at: place, isSure: !isDraft)
        } else if file.fingerprint != plan.fingerprint {
          others.insert(record.item.text)
        }
      }
    }
    if !others.isEmpty {
      staleCount = plan.items.indices.count { records[$0] == nil && others.contains(plan.items[$0].text) }
    }
  }

  private static let draft = ".jsonl.tmp"

  /// What was measured stands above a failure. What comes from a draft may have lost its pictures when the machine failed.
  private func keep(_ record: SweepRecord, at place: Int, isSure: Bool) {
    if records[place]?.row != nil { return }
    if !isSure {
      for picture in record.pictures where size(of: picture.path) != picture.count { return }
    }
    records[place] = record
  }

  private func size(of name: String) -> Int? {
    var status = stat()
    return stat("\(folder)/\(name)", &status) == 0 ? Int(status.st_size) : nil
  }

  /// Takes what is whole in damaged and abandoned files over into one of its own, and puts the damaged ones aside.
  public func mend() throws(FileError) {
    for (name, file) in damaged {
      let path = "\(folder)/parts/\(name)"
      let target = name.hasSuffix(Self.draft) ? String(name.dropLast(4)) : name
      let kept = file.records.filter { group in
        group.allSatisfy { record in record.pictures.allSatisfy { size(of: $0.path) == $0.count } }
      }
      if file.damage != nil, !name.hasSuffix(Self.draft) { _ = rename(path, path + ".damaged") }
      if !kept.isEmpty {
        let header = PartLine.text([
          ("sweep", .string(plan.name)), ("fingerprint", .string(file.fingerprint)), ("format", 1),
        ])
        try WholeFile.write(
          header + kept.map(PartLine.text(of:)).joined(), to: "\(folder)/parts/\(target)")
      }
      if name.hasSuffix(Self.draft) { unlink(path) }
    }
    damaged = []
  }

  /// Makes the folders that workers write into.
  public func prepare() throws(FileError) {
    try Folder.make("\(folder)/parts")
    try Folder.make("\(folder)/pictures")
  }

  // MARK: What is there and what is not

  public var doneCount: Int { records.values.count { $0.row != nil } }
  /// By place, in order.
  public var failures: [(place: Int, record: SweepRecord)] {
    records.filter { $0.value.row == nil }.map { ($0.key, $0.value) }.sorted { $0.0 < $1.0 }
  }

  /// The units of a part of which something is missing.
  ///
  /// - Parameter retriesFailures: whether an item that failed counts as missing.
  public func missingUnits(of part: SweepPart = .whole, retriesFailures: Bool = false) -> [Int] {
    plan.units.indices.filter { unit in
      part.contains(unit)
        && plan.units[unit].contains { place in
          guard let record = records[place] else { return true }
          return retriesFailures && record.row == nil
        }
    }
  }

  /// Takes in what this process has measured itself.
  public func note(_ new: [SweepRecord]) {
    for record in new {
      guard let place = places[record.id], records[place]?.row == nil else { continue }
      records[place] = record
    }
  }

  /// What was measured, sorted by item.
  public var sorted: [SweepRecord] {
    records.values.filter { $0.row != nil }.sorted { $0.item < $1.item }
  }

  // MARK: Pictures

  /// Where a picture of an item lies, relative to the folder; sharded, as a folder of a million files is slow.
  public static func pictureName(id: String, field: String) -> String {
    "pictures/\(id.prefix(2))/\(id)-\(field).png"
  }

  /// Writes a picture: it is there as a whole or not at all, and on the disk with the next part file.
  public static func writePicture(_ bytes: [UInt8], as name: String, in folder: String) throws(FileError) {
    let path = "\(folder)/\(name)"
    let parent = Folder.parent(of: path)
    if !Folder.exists(parent) { try Folder.make(parent) }
    let file = try WholeFile(path)
    try file.append(bytes)
    try file.commit(synchronizes: false)
  }
}
