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
  public static func unpaired(
    _ a: [Double], _ b: [Double], permutations: Int = 10_000,
    using generator: inout some RandomNumberGenerator
  ) throws -> PermutationTest {
    let (first, second) = (Deviations(try Sample(a)), Deviations(try Sample(b)))
    // Distances from one point, as sums of what is common to all would only cost digits.
    let centre = try Sample(a + b).mean
    let all = (a + b).map { $0 - centre }
    let (n, m) = (Double(a.count), Double(b.count))
    let total = all.reduce(0, +)
    func difference(_ sum: Double) -> Double { sum / n - (total - sum) / m }
    let limit = try checked(permutations, of: all.count)
    let ways = exp(lgamma(n + m + 1) - lgamma(n + 1) - lgamma(m + 1))
    var count = Count(Deviations.difference(first, second), data: a + b, terms: all)
    if ways.rounded() <= Double(limit) {
      var chosen = Array(0..<a.count)
      repeat {
        count.add(difference(chosen.reduce(0) { $0 + all[$1] }))
      } while Self.advance(&chosen, below: all.count)
      return count.exact
    }
    var order = all
    for _ in 0..<limit {
      var sum = 0.0
      for place in a.indices {
        order.swapAt(place, place + generator.index(below: order.count - place))
        sum += order[place]
      }
      count.add(difference(sum))
    }
    return count.sampled
  }

  /// Each pair's members may be exchanged: exact where there are at most `permutations` ways to do so.
  public static func paired(
    _ a: [Double], _ b: [Double], permutations: Int = 10_000,
    using generator: inout some RandomNumberGenerator
  ) throws -> PermutationTest {
    let pairs = try PairedSample(a, b)
    let differences = zip(a, b).map { $0 - $1 }
    var count = Count(try Sample(differences).mean, data: a + b, terms: differences)
    func mean(_ isExchanged: (Int) -> Bool) -> Double {
      differences.indices.reduce(0) { $0 + (isExchanged($1) ? -differences[$1] : differences[$1]) }
        / Double(pairs.count)
    }
    let limit = try checked(permutations, of: pairs.count)
    if pairs.count < 40, 1 << pairs.count <= limit {
      for signs in 0..<(1 << pairs.count) { count.add(mean { signs >> $0 & 1 == 1 }) }
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
