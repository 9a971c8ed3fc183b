import Encoding
import Platform

/// One point of a sweep: named values, by which it is known. Equal values are the same item in every run and on every machine.
public struct SweepItem: Sendable, Equatable {
  /// Sorted by name.
  public let fields: JSON.Object
  /// The fields as one line of JSON: equal for equal items.
  public let text: String

  public init(_ fields: JSON.Object) {
    var sorted: JSON.Object = [:]
    for (name, value) in fields.members.sorted(by: { $0.0 < $1.0 }) { sorted[name] = Self.canonical(value) }
    self.fields = sorted
    text = JSON.object(sorted).text()
  }

  /// A whole number is the same item whether it is written 1 or 1.0; members of objects are sorted.
  private static func canonical(_ value: JSON) -> JSON {
    switch value {
    case .number(let number): number.int.map { JSON.number($0) } ?? value
    case .array(let items): .array(items.map(canonical))
    case .object(let object): .object(SweepItem(object).fields)
    default: value
    }
  }

  /// What a result of this item is kept under: 24 hexadecimal digits of a hash.
  ///
  /// - Parameter fingerprint: of everything else that decides the result.
  public func id(under fingerprint: String) -> String {
    String(SHA256(Array("\(fingerprint)\n\(text)".utf8)).description.prefix(24))
  }
}

extension SweepItem: Comparable {
  /// Field by field in the order of their names; numbers before texts.
  public static func < (a: SweepItem, b: SweepItem) -> Bool {
    for (one, other) in zip(a.fields.members, b.fields.members) {
      if one.0 != other.0 { return one.0 < other.0 }
      if let isLess = precedes(one.1, other.1) { return isLess }
    }
    return a.fields.count < b.fields.count
  }

  /// nil where neither comes first.
  private static func precedes(_ a: JSON, _ b: JSON) -> Bool? {
    let (rankA, rankB) = (rank(a), rank(b))
    if rankA != rankB { return rankA < rankB }
    switch (a, b) {
    case (.bool(let one), .bool(let other)): return one == other ? nil : !one
    case (.number(let one), .number(let other)):
      if let first = one.int, let second = other.int { return first == second ? nil : first < second }
      return one.double == other.double ? nil : one.double < other.double
    case (.string(let one), .string(let other)):
      return one == other ? nil : one.utf8.lexicographicallyPrecedes(other.utf8)
    default:
      let (one, other) = (a.text(), b.text())
      return one == other ? nil : one.utf8.lexicographicallyPrecedes(other.utf8)
    }
  }

  private static func rank(_ value: JSON) -> Int {
    switch value {
    case .null: 0
    case .bool: 1
    case .number: 2
    case .string: 3
    case .array: 4
    case .object: 5
    }
  }
}
