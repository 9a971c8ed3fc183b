/// Ranks from 1, equal values sharing the mean of theirs.
public struct Ranks: Sendable {
  /// In the order of the values.
  public let ranks: [Double]
  /// How many values share each rank that is shared.
  public let ties: [Int]

  public init(_ values: [Double]) {
    let order = values.indices.sorted { values[$0] < values[$1] }
    var ranks = [Double](repeating: 0, count: values.count)
    var ties: [Int] = []
    var start = 0
    while start < order.count {
      var end = start + 1
      while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
      for place in start..<end { ranks[order[place]] = Double(start + end + 1) / 2 }
      if end - start > 1 { ties.append(end - start) }
      start = end
    }
    (self.ranks, self.ties) = (ranks, ties)
  }
}
