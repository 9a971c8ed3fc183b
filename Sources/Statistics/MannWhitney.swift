/// Whether values of one sample tend to be larger than those of another (Mann and Whitney 1947). Two-sided.
public struct MannWhitney: Equatable, Sendable {
  /// How many pairs (x of the first, y of the second) have x > y, equal ones counting half.
  public let u: Double
  public let pValue: Double
  public let isExact: Bool
  /// Cliff's δ = P(x > y) − P(x < y).
  public let cliffsDelta: Double

  /// Exact without ties where one sample has at most 8 values (and the other not more than 1000); otherwise normal, with
  /// corrections for ties and continuity.
  public init(_ a: [Double], _ b: [Double]) throws {
    _ = (try Sample(a), try Sample(b))
    let (n, m) = (a.count, b.count)
    let ranks = Ranks(a + b)
    u = ranks.ranks.prefix(n).reduce(0, +) - Double(n * (n + 1)) / 2
    cliffsDelta = 2 * u / (Double(n) * Double(m)) - 1
    isExact = ranks.ties.isEmpty && min(n, m) <= 8 && max(n, m) <= 1000
    let larger = max(u, Double(n) * Double(m) - u)
    pValue =
      isExact
      ? Self.exactP(n, m, Int(larger)) : Self.normalP(Double(n), Double(m), larger, ties: ranks.ties)
  }

  private static func normalP(_ n: Double, _ m: Double, _ u: Double, ties: [Int]) -> Double {
    let total = n + m
    let tied = ties.map(Double.init).reduce(0) { $0 + $1 * ($1 * $1 - 1) }
    let variance = n * m / 12 * (total + 1 - tied / (total * (total - 1)))
    // All values equal: there is nothing to tell apart.
    guard variance > 0 else { return 1 }
    return min(1, 2 * Normal.cumulative(-(u - n * m / 2 - 0.5) / variance.squareRoot()))
  }

  /// 2 P(U ≥ u), from the distribution of U over all divisions of n + m values: the largest value belongs to the first
  /// sample, and then exceeds all m of the second, or to the second.
  private static func exactP(_ n: Int, _ m: Int, _ u: Int) -> Double {
    let (few, many) = (min(n, m), max(n, m))
    let size = few * many + 1
    var shares = [[Double]](repeating: [1], count: few + 1)
    for second in 1...many {
      for first in 1...few {
        var next = [Double](repeating: 0, count: min(size, first * second + 1))
        let weight = Double(first) / Double(first + second)
        for (place, share) in shares[first - 1].enumerated() { next[place + second] += weight * share }
        for (place, share) in shares[first].enumerated() { next[place] += (1 - weight) * share }
        shares[first] = next
      }
    }
    return min(1, 2 * shares[few].suffix(from: min(u, size)).reduce(0, +))
  }
}
