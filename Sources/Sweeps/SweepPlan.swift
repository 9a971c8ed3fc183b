import Encoding
import Platform

/// What is to be measured: items, in units that are measured together, and the fingerprint of everything else that decides results.
public struct SweepPlan: Sendable {
  public let name: String
  public let items: [SweepItem]
  /// Of model, judge and plan function: 64 hexadecimal digits.
  public let fingerprint: String
  /// Items that are measured in one call, by their places. They do not depend on what has been measured already, nor on how many
  /// workers there are, so that a run that was killed measures the rest in the same company.
  public let units: [[Int]]

  /// - Parameters:
  ///   - batch: how many items are measured together.
  ///   - together: the fields in which items of one unit may differ; nil for all.
  public init(
    name: String, items: [SweepItem], fingerprint: String, batch: Int = 1, together: Set<String>? = nil
  ) throws(SweepError) {
    guard Self.isName(name) else {
      throw SweepError(
        "name: letters, digits, '_' and '-' expected, at most 64, got '\(name.oneLine(of: 80))'")
    }
    guard batch > 0 else { throw SweepError("batch: an integer of at least 1 expected, got \(batch)") }
    self.name = name
    self.items = items
    self.fingerprint = fingerprint
    units = Self.units(of: items, batch: batch, together: together)
  }

  private static func isName(_ name: String) -> Bool {
    !name.isEmpty && name.utf8.count <= 64
      && name.unicodeScalars.allSatisfy {
        $0.isASCII
          && ($0.properties.isAlphabetic || $0.properties.numericType != nil || $0 == "_" || $0 == "-")
      }
  }

  private static func units(of items: [SweepItem], batch: Int, together: Set<String>?) -> [[Int]] {
    guard batch > 1 else { return items.indices.map { [$0] } }
    var groups: [String: [Int]] = [:]
    var order: [String] = []
    for (place, item) in items.enumerated() {
      let shared = together.map { together in item.fields.keys.filter { !together.contains($0) } } ?? []
      let key = JSON.object(item.fields.only(shared)).text()
      if groups[key] == nil { order.append(key) }
      groups[key, default: []].append(place)
    }
    return order.flatMap { key in
      let places = groups[key] ?? []
      return stride(from: 0, to: places.count, by: batch).map {
        Array(places[$0..<min($0 + batch, places.count)])
      }
    }
  }

  public func id(of place: Int) -> String { items[place].id(under: fingerprint) }

  /// A hash of items, units and fingerprint: processes that work on one sweep must agree on it.
  public var digest: String {
    var text = "\(name)\n\(fingerprint)\n"
    for unit in units { text += unit.map { items[$0].text }.joined(separator: "\t") + "\n" }
    return String(SHA256(Array(text.utf8)).description.prefix(16))
  }
}

/// A share of a sweep, `--part 3/8`: each unit belongs to exactly one part.
public struct SweepPart: Sendable, Equatable {
  public let number: Int
  public let count: Int

  /// Reads `I/N`; nil for what is no part.
  public init?(_ text: String) {
    let words = text.split(separator: "/", omittingEmptySubsequences: false)
    guard words.count == 2, let number = Int(words[0]), let count = Int(words[1]), number >= 1,
      number <= count,
      count <= 1 << 24
    else { return nil }
    (self.number, self.count) = (number, count)
  }

  public static let whole = SweepPart(1, 1)
  private init(_ number: Int, _ count: Int) { (self.number, self.count) = (number, count) }

  public func contains(_ unit: Int) -> Bool { unit % count == number - 1 }

  /// How its files are called: as long as the largest number of them, so that lists are in order.
  public var label: String {
    func padded(_ value: Int) -> String {
      let digits = String(value)
      return String(repeating: "0", count: max(0, String(count).count - digits.count)) + digits
    }
    return "\(padded(number))-of-\(count)"
  }
}
