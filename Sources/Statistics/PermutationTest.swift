import Glibc

/// Whether two samples differ in their means, by relabelling what was observed. Two-sided: relabellings count whose
/// difference is at least as far from 0.
public struct PermutationTest: Equatable, Sendable {
  /// Mean of the first minus mean of the second.
  public let difference: Double
  public let pValue: Double
  /// Whether every relabelling was looked at.
  public let isExact: Bool
  /// How many were.
  public let permutations: Int

  /// Observations belong to either group by chance: exact where there are at most `permutations` ways to divide them.
  ///
  /// - Parameter units: of all observations, those of `b` after those of `a`; then whole units belong to either group by
  ///   chance.
  public static func unpaired(
    _ a: [Double], _ b: [Double], units: Units? = nil, permutations: Int = 10_000,
    using generator: inout some RandomNumberGenerator
  ) throws -> PermutationTest {
    let (first, second) = (Deviations(try Sample(a)), Deviations(try Sample(b)))
    // Distances from one point, as sums of what is common to all would only cost digits.
    let centre = try Sample(a + b).mean
    var groups = Groups(first: a.map { $0 - centre }, second: b.map { $0 - centre })
    if let units { groups = try Groups(first: a, second: b, centre: centre, units: units) }
    let limit = try checked(permutations, of: groups.units.count)
    let (n, m) = (Double(groups.chosen), Double(groups.units.count - groups.chosen))
    let ways = exp(lgamma(n + m + 1) - lgamma(n + 1) - lgamma(m + 1))
    var count = Count(
      Deviations.difference(first, second), data: a + b, terms: groups.units.map(\.sum))
    if ways.rounded() <= Double(limit) {
      var chosen = Array(0..<groups.chosen)
      repeat {
        count.add(groups.difference(chosen.lazy.map { groups.units[$0] }))
      } while Self.advance(&chosen, below: groups.units.count)
      return count.exact
    }
    for _ in 0..<limit {
      for place in 0..<groups.chosen {
        groups.units.swapAt(place, place + generator.index(below: groups.units.count - place))
      }
      count.add(groups.difference(groups.units.prefix(groups.chosen)))
    }
    return count.sampled
  }

  /// Two groups of units, those of the first in front.
  private struct Groups {
    var units: [(sum: Double, count: Double)]
    /// How many are in the first group.
    let chosen: Int
    private let total: Double
    private let count: Double

    init(first: [Double], second: [Double]) {
      self.init(units: (first + second).map { ($0, 1) }, chosen: first.count)
    }

    init(first: [Double], second: [Double], centre: Double, units: Units) throws {
      try units.checkSingle("a permutation of whole clusters")
      try units.check(first.count + second.count)
      let all = first + second
      let members = units.members
      func isFirst(_ places: [Int]) -> Bool { places[0] < first.count }
      for places in members where places.contains(where: { ($0 < first.count) != isFirst(places) }) {
        throw StatisticsError(
          "a cluster with observations in one list only expected; where each has both, the test is paired")
      }
      let ordered = members.filter(isFirst) + members.filter { !isFirst($0) }
      self.init(
        units: ordered.map { places in
          (places.reduce(0) { $0 + (all[$1] - centre) }, Double(places.count))
        }, chosen: members.count(where: isFirst))
    }

    private init(units: [(sum: Double, count: Double)], chosen: Int) {
      (self.units, self.chosen) = (units, chosen)
      total = units.reduce(0) { $0 + $1.sum }
      count = units.reduce(0) { $0 + $1.count }
    }

    /// The mean of the observations of these units minus that of the others.
    func difference(_ those: some Sequence<(sum: Double, count: Double)>) -> Double {
      let (sum, part) = those.reduce((0, 0)) { ($0.0 + $1.sum, $0.1 + $1.count) }
      return sum / part - (total - sum) / (count - part)
    }
  }

  /// Each pair's members may be exchanged: exact where there are at most `permutations` ways to do so.
  ///
  /// - Parameter units: of the pairs; then those of a unit are exchanged together.
  public static func paired(
    _ a: [Double], _ b: [Double], units: Units? = nil, permutations: Int = 10_000,
    using generator: inout some RandomNumberGenerator
  ) throws -> PermutationTest {
    let pairs = try PairedSample(a, b)
    var differences = zip(a, b).map { $0 - $1 }
    let observed = try Sample(differences).mean
    if let units {
      try units.checkSingle("an exchange of whole clusters")
      try units.check(pairs.count)
      // Sums whose mean over the units is the mean over the pairs.
      differences = units.sums(differences).map { $0 * Double(units.count) / Double(pairs.count) }
    }
    var count = Count(observed, data: a + b, terms: differences)
    func mean(_ isExchanged: (Int) -> Bool) -> Double {
      differences.indices.reduce(0) { $0 + (isExchanged($1) ? -differences[$1] : differences[$1]) }
        / Double(differences.count)
    }
    let limit = try checked(permutations, of: differences.count)
    if differences.count < 40, 1 << differences.count <= limit {
      for signs in 0..<(1 << differences.count) { count.add(mean { signs >> $0 & 1 == 1 }) }
      return count.exact
    }
    for _ in 0..<limit {
      var bits: UInt64 = 0
      count.add(
        mean { place in
          if place % 64 == 0 { bits = generator.next() }
          return bits >> UInt64(place % 64) & 1 == 1
        })
    }
    return count.sampled
  }

  private static func checked(_ permutations: Int, of count: Int) throws -> Int {
    guard Double(permutations) * Double(count) <= 1e11 else {
      throw StatisticsError("\(permutations) permutations of \(count) numbers take too long; ask for fewer")
    }
    guard (1...10_000_000).contains(permutations) else {
      throw StatisticsError("1 to 10 million permutations expected, got \(permutations)")
    }
    return permutations
  }

  /// The next of the rising lists of numbers below `bound`, in lexical order; false after the last.
  private static func advance(_ chosen: inout [Int], below bound: Int) -> Bool {
    guard let place = chosen.indices.last(where: { chosen[$0] < bound - chosen.count + $0 }) else {
      return false
    }
    let start = chosen[place] + 1
    for later in place..<chosen.count { chosen[later] = start + later - place }
    return true
  }

  /// Counts differences at least as far from 0 as the observed one. Two that are equal may come out a little apart: they
  /// count as equal where they differ by no more than data of this size and sums of so many terms are rounded, however near
  /// to 0 the observed one is.
  private struct Count {
    let observed: Double
    let threshold: Double
    var extreme = 0
    var total = 0

    init(_ observed: Double, data: [Double], terms: [Double]) {
      func largest(_ values: [Double]) -> Double { values.reduce(0) { max($0, abs($1)) } }
      self.observed = observed
      let rounding = 4 * largest(data) + 2 * Double(terms.count) * largest(terms)
      threshold = abs(observed) - rounding * Double.ulpOfOne
    }

    mutating func add(_ difference: Double) {
      total += 1
      if abs(difference) >= threshold { extreme += 1 }
    }

    var exact: PermutationTest { test(Double(extreme) / Double(total), isExact: true) }
    /// The observed labelling is one of them, so that p is never 0 (Phipson and Smyth 2010).
    var sampled: PermutationTest { test(Double(extreme + 1) / Double(total + 1), isExact: false) }

    private func test(_ p: Double, isExact: Bool) -> PermutationTest {
      PermutationTest(difference: observed, pValue: p, isExact: isExact, permutations: total)
    }
  }
}
