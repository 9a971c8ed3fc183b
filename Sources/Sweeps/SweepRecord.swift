import Encoding
import Platform

/// What came of one item.
public struct SweepRecord: Sendable, Equatable {
  public enum Outcome: Sendable, Equatable {
    case row(JSON.Object)
    case failure(message: String, traceback: [String])
  }

  public let id: String
  public let item: SweepItem
  public let outcome: Outcome

  public init(id: String, item: SweepItem, outcome: Outcome) {
    (self.id, self.item, self.outcome) = (id, item, outcome)
  }

  public var row: JSON.Object? { if case .row(let row) = outcome { row } else { nil } }

  /// Names of the pictures that the row speaks of, relative to the sweep's folder, with the bytes that each has.
  var pictures: [(path: String, count: Int)] {
    (row?.values ?? []).compactMap { value in
      SweepValue.picture(value).map { ($0.path, $0.count) }
    }
  }
}

/// How values that JSON has no word for stand in a row.
public enum SweepValue {
  /// A picture in a file of its own.
  public static func picture(path: String, byteCount: Int) -> JSON {
    ["picture": .string(path), "bytes": .number(byteCount)]
  }

  public static func picture(_ value: JSON) -> (path: String, count: Int)? {
    guard let path = value["picture"]?.string, let count = value["bytes"]?.int else { return nil }
    return (path, count)
  }

  /// A tensor of float32, its elements as base64 of their little-endian bytes.
  public static func tensor(shape: [Int], _ elements: [Float]) -> JSON {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(4 * elements.count)
    for value in elements { withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += $0 } }
    return ["float32": .string(Base64.encode(bytes)), "shape": .array(shape.map { JSON.number($0) })]
  }

  public static func tensor(_ value: JSON) -> (shape: [Int], elements: [Float])? {
    guard let text = value["float32"]?.string, let shape = value["shape"]?.array?.compactMap(\.int),
      let bytes = Base64.decode(text), bytes.count % 4 == 0
    else { return nil }
    let elements = bytes.withUnsafeBytes { bytes in
      (0..<bytes.count / 4).map { place in
        let bits = bytes.loadUnaligned(fromByteOffset: 4 * place, as: UInt32.self)
        return Float(bitPattern: UInt32(littleEndian: bits))
      }
    }
    var count = 1
    for size in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: size)
      guard size >= 0, !overflow else { return nil }
      count = product
    }
    return count == elements.count ? (shape, elements) : nil
  }
}

/// A line of a part file: all that was measured in one call, so that it is there as a whole or not at all, with a check of its
/// bytes in front.
enum PartLine {
  private static let checkLength = 16
  private static let prefix = "{\"check\":\""
  private static let start = prefix.utf8.count + checkLength + 2

  static func text(_ members: [(String, JSON)]) -> String {
    var rest = JSON.object(members.reduce(into: JSON.Object()) { $0[$1.0] = $1.1 }).text()
    rest.removeFirst()
    return "\(prefix)\(check(Array(rest.utf8)))\",\(rest)\n"
  }

  /// nil where the line is not what was written.
  static func read(_ bytes: ArraySlice<UInt8>) -> JSON? {
    guard bytes.count > start, bytes.starts(with: prefix.utf8) else { return nil }
    let given = bytes.dropFirst(prefix.utf8.count).prefix(checkLength)
    guard given.elementsEqual(check(Array(bytes.dropFirst(start))).utf8) else { return nil }
    return try? JSON(parsing: Array(bytes), allowing: .nonFinite)
  }

  private static func check(_ bytes: [UInt8]) -> String {
    String(SHA256(bytes).description.prefix(checkLength))
  }

  static func text(of records: [SweepRecord]) -> String {
    text([("rows", .array(records.map(json)))])
  }

  private static func json(_ record: SweepRecord) -> JSON {
    var object: JSON.Object = ["id": .string(record.id), "item": .object(record.item.fields)]
    switch record.outcome {
    case .row(let row): object["row"] = .object(row)
    case .failure(let message, let traceback):
      object["error"] = ["message": .string(message), "traceback": .array(traceback.map(JSON.string))]
    }
    return .object(object)
  }

  /// The records of a line; nil where it holds none that can be understood.
  static func records(_ line: JSON) -> [SweepRecord]? {
    guard let rows = line["rows"]?.array else { return nil }
    var records: [SweepRecord] = []
    for row in rows {
      guard let id = row["id"]?.string, let fields = row["item"]?.object else { return nil }
      let item = SweepItem(fields)
      if let found = row["row"]?.object {
        records.append(SweepRecord(id: id, item: item, outcome: .row(found)))
      } else if let message = row["error"]?["message"]?.string {
        let traceback = row["error"]?["traceback"]?.array?.compactMap(\.string) ?? []
        records.append(
          SweepRecord(id: id, item: item, outcome: .failure(message: message, traceback: traceback)))
      } else {
        return nil
      }
    }
    return records
  }
}
