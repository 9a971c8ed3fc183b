import Encoding
import Glibc
import Platform

/// A part file as it is found.
struct PartFile {
  let fingerprint: String
  let records: [[SweepRecord]]
  /// What of it could not be understood, in words; nil where all could.
  let damage: String?

  init(path: String) throws(FileError) {
    let bytes = try FileBytes.read(path)
    var (fingerprint, records, bad): (String?, [[SweepRecord]], [Int]) = (nil, [], [])
    var (number, start) = (0, bytes.startIndex)
    while start < bytes.endIndex {
      number += 1
      let end = bytes[start...].firstIndex(of: 0x0A)
      let line = end.flatMap { PartLine.read(bytes[start..<$0]) }
      if let line, number == 1, line["format"]?.int == 1, let found = line["fingerprint"]?.string {
        fingerprint = found
      } else if let found = line.flatMap(PartLine.records) {
        records.append(found)
      } else {
        bad.append(number)
      }
      start = end.map { $0 + 1 } ?? bytes.endIndex
    }
    // Without its first line, the lines say by themselves under which id they are kept, but not which fingerprint that was.
    self.fingerprint = fingerprint ?? ""
    self.records = records
    damage = Self.words(bad, isEmpty: number == 0)
  }

  private static func words(_ lines: [Int], isEmpty: Bool) -> String? {
    if isEmpty { return "is empty" }
    guard let first = lines.first else { return nil }
    return lines.count == 1
      ? "is damaged at line \(first)" : "is damaged at \(lines.count) lines, the first is \(first)"
  }

  /// Whether somebody still writes this draft. Where the file system has no locks, who knows.
  static func isBeingWritten(_ path: String) -> Bool {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return true }
    defer { close(file) }
    return flock(file, LOCK_EX | LOCK_NB) != 0
  }
}
