/// Which observations go together: pictures of one word, or, where each observation is of a pair of words, all those that
/// share a word with it. The unit is what a finding is to hold for beyond the sample, and what is drawn, flipped or left
/// out as a whole.
public struct Units: Sendable {
  /// The unit of each observation, from 0; of a pair, its first member.
  let first: [Int]
  /// The second member of each pair, in the same numbers: a unit is the same wherever it stands.
  let second: [Int]?
  /// How many units there are; where first and second members have none in common, the fewer of the two kinds.
  public let count: Int
  /// How many numbers are given to units.
  let numbers: Int
  /// Whether first and second members of pairs are of one kind, as two nouns are.
  let areDyads: Bool

  /// Observations of single units.
  public init<Label: Hashable>(_ labels: [Label]) {
    var known: [Label: Int] = [:]
    first = labels.map { Self.number($0, &known) }
    (second, areDyads) = (nil, false)
    (count, numbers) = (known.count, known.count)
  }

  /// Observations of pairs of units.
  public init<Label: Hashable>(pairs: [(Label, Label)]) {
    var known: [Label: Int] = [:]
    let first = pairs.map { Self.number($0.0, &known) }
    let second = pairs.map { Self.number($0.1, &known) }
    let (a, b) = (Set(first), Set(second))
    (self.first, self.second, numbers) = (first, second, known.count)
    areDyads = !a.isDisjoint(with: b)
    count = areDyads ? known.count : min(a.count, b.count)
  }

  private static func number<Label: Hashable>(_ label: Label, _ known: inout [Label: Int]) -> Int {
    let number = known[label] ?? known.count
    known[label] = number
    return number
  }

  /// How many observations there are.
  public var observations: Int { first.count }

  /// Whether each observation is of a pair.
  public var arePairs: Bool { second != nil }

  /// - Throws: unless there is a label for each of so many observations, and at least `least` units.
  func check(_ observations: Int, atLeast least: Int = 2) throws {
    guard first.count == observations else {
      throw StatisticsError(
        "a cluster for each of the \(observations) observations expected, got \(first.count)")
    }
    guard count >= least else {
      throw StatisticsError("at least \(least) clusters expected, got \(count)")
    }
  }

  /// - Throws: where observations are of pairs: what is done to whole units cannot be done to their pairs.
  func checkSingle(_ what: String) throws {
    guard second == nil else { throw StatisticsError("\(what) takes single clusters, not pairs of them") }
  }

  /// The observations of each unit.
  var members: [[Int]] {
    var list = [[Int]](repeating: [], count: numbers)
    for (place, unit) in first.enumerated() {
      list[unit].append(place)
      if let other = second?[place], other != unit { list[other].append(place) }
    }
    return list
  }

  /// Sums over the observations of each unit.
  func sums(_ values: [Double]) -> [Double] {
    var sums = [Double](repeating: 0, count: numbers)
    for (place, unit) in first.enumerated() {
      sums[unit] += values[place]
      if let other = second?[place], other != unit { sums[other] += values[place] }
    }
    return sums
  }

  /// The variance of a sum of influences of mean 0, where those that share a unit may go together in any way.
  ///
  /// Σ over all i and j that share one of xᵢ · xⱼ: of single units the middle of Liang and Zeger's sandwich (1986); of pairs
  /// V_a + V_b − V_ab where first and second members are of two kinds (Cameron, Gelbach and Miller 2011), and the dyadic
  /// variance where they are of one (Fafchamps and Gubert 2007; Aronow, Samii and Assenova 2015; but see `jackknifed`).
  /// Times m / (m − 1) for m units.
  func variance(_ influences: [Double]) -> Double {
    let correction = Double(count) / Double(count - 1)
    let shared = squares(sums(influences))
    guard let second else { return correction * shared }
    // Two observations of one pair share both of its members, and were counted twice.
    var pairs: [Pair: Double] = [:]
    for (place, influence) in influences.enumerated() where first[place] != second[place] {
      pairs[Pair(first[place], second[place]), default: 0] += influence
    }
    let twice = squares(pairs.sorted { $0.key < $1.key }.map(\.value))
    // The difference of two estimates need not be positive; then that of the pairs by themselves has to do.
    return correction * (shared > twice ? shared - twice : twice)
  }

  /// Variances of statistics of dyads: what leaving out one unit at a time changes them by, less what leaving out one pair at a
  /// time does, as observations of one pair share both of its members.
  ///
  /// The dyadic sandwich is too small where units are few: with 16 nouns its 5 % tests reject in 10 %, these in 6 to 7
  /// (Scripts/dev/simulate-nulls.lua). Σ (θ without u − θ)² over the m units, which is m / (m − 1) times the jackknife's.
  ///
  /// - Parameter statistics: of the observations with these indices, from 0.
  func jackknifed(_ statistics: ([Int]) throws -> [Double]) rethrows -> [Double] {
    let all = Array(first.indices)
    let whole = try statistics(all)
    func squares(without groups: [[Int]]) throws -> [Double] {
      var sums = [Double](repeating: 0, count: whole.count)
      for group in groups where group.count < all.count {
        let left = Set(group)
        for (place, value) in try statistics(all.filter { !left.contains($0) }).enumerated() {
          sums[place] += (value - whole[place]) * (value - whole[place])
        }
      }
      return sums
    }
    var pairs: [Pair: [Int]] = [:]
    for place in all { pairs[Pair(first[place], second?[place] ?? first[place]), default: []].append(place) }
    let shares = Double(pairs.count - 1) / Double(pairs.count)
    let ofUnits = try squares(without: members)
    let ofPairs = try squares(without: pairs.sorted { $0.key < $1.key }.map(\.value)).map { $0 * shares }
    return zip(ofUnits, ofPairs).map { $0 > $1 ? $0 - $1 : $1 }
  }

  private func squares(_ values: [Double]) -> Double { values.reduce(0) { $0 + $1 * $1 } }

  private struct Pair: Hashable, Comparable {
    let low: Int
    let high: Int

    init(_ a: Int, _ b: Int) { (low, high) = (min(a, b), max(a, b)) }

    static func < (a: Pair, b: Pair) -> Bool { (a.low, a.high) < (b.low, b.high) }
  }
}
