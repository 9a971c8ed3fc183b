import Encoding

/// Turns what a plan says of its items into the list of them.
public enum SweepGrid {
  /// The most items of one plan: each is held in memory.
  public static let most = 1 << 24

  /// All combinations of the values of each field; the last field by name changes fastest.
  ///
  /// - Parameter axes: for each field its values. Two integers under `seed` are the first and the last of a range.
  public static func product(_ axes: [(name: String, values: [JSON])]) throws(SweepError) -> [SweepItem] {
    guard !axes.isEmpty else { throw SweepError("items: at least one field expected") }
    var fields: [(name: String, values: [JSON])] = []
    var count = 1
    for axis in axes.sorted(by: { $0.name < $1.name }) {
      let values = axis.name == "seed" ? try seeds(axis.values) : axis.values
      guard !values.isEmpty else { throw SweepError("items.\(axis.name): at least one value expected") }
      (count, fields) = (
        count.multipliedReportingOverflow(by: values.count).overflow ? .max : count * values.count,
        fields + [(axis.name, values)]
      )
      guard count <= most else { throw SweepError("items: at most \(most) combinations expected") }
    }
    var items: [SweepItem] = []
    items.reserveCapacity(count)
    for index in 0..<count {
      var object: JSON.Object = [:]
      var (rest, places) = (index, [Int](repeating: 0, count: fields.count))
      for place in fields.indices.reversed() {
        places[place] = rest % fields[place].values.count
        rest /= fields[place].values.count
      }
      for (field, place) in zip(fields, places) { object[field.name] = field.values[place] }
      items.append(SweepItem(object))
    }
    return try unique(items)
  }

  /// Checks that no item is there twice.
  public static func unique(_ items: [SweepItem]) throws(SweepError) -> [SweepItem] {
    guard !items.isEmpty else { throw SweepError("items: at least one item expected") }
    guard items.count <= most else { throw SweepError("items: at most \(most) items expected") }
    var seen: Set<String> = []
    for item in items where !seen.insert(item.text).inserted {
      throw SweepError("items: \(item.text) is there twice")
    }
    return items
  }

  private static func seeds(_ values: [JSON]) throws(SweepError) -> [JSON] {
    guard values.count == 2, let first = values[0].int, let last = values[1].int else { return values }
    guard first <= last else {
      throw SweepError("items.seed: two integers are the first and the last seed, got \(first) and \(last)")
    }
    let (distance, overflow) = last.subtractingReportingOverflow(first)
    guard !overflow, distance < most else {
      throw SweepError("items.seed: at most \(most) seeds expected, got those from \(first) to \(last)")
    }
    return (first...last).map { JSON.number($0) }
  }
}
