/// The known name that `word` was probably meant to be: one that it is a part of, or that is a part of it, else the one
/// with the fewest changed letters, at most a third of them.
public func nearestName(to word: String, among known: [String]) -> String? {
  let letters = Array(word.utf8.prefix(64))
  let most = max(1, letters.count / 3)
  func changes(to name: String) -> (Int, Int)? {
    let distance = editDistance(letters, Array(name.utf8))
    let isPart = min(letters.count, name.utf8.count) > 1 && (name.contains(word) || word.contains(name))
    if isPart { return (1, distance) }
    return distance <= most ? (distance, distance) : nil
  }
  return known.compactMap { name in changes(to: name).map { (name, $0) } }.min { $0.1 < $1.1 }?.0
}

/// Letters inserted, removed, changed or swapped with their neighbour (optimal string alignment).
private func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
  var before: [Int] = []
  var row = Array(0...b.count)
  for i in 0..<a.count {
    var next = [i + 1]
    for j in 0..<b.count {
      var best = min(row[j + 1] + 1, next[j] + 1, row[j] + (a[i] == b[j] ? 0 : 1))
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, before[j - 1] + 1) }
      next.append(best)
    }
    (before, row) = (row, next)
  }
  return row[b.count]
}
