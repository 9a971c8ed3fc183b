import Glibc

/// How two quantities go together, from −1 to 1.
public struct Correlation: Equatable, Sendable {
  public let coefficient: Double
  /// Two-sided, of there being none.
  public let pValue: Double
  /// On Fisher's z; nil where there are too few pairs for it.
  public let interval: Interval?
  public let count: Int

  /// Of the numbers themselves; p by Student's t with n − 2 degrees.
  public static func pearson(_ x: [Double], _ y: [Double], level: Double = 0.95) throws -> Correlation {
    let pairs = try PairedSample(x, y, atLeast: 3)
    let r = try product(pairs)
    return try Correlation(
      coefficient: r, pValue: studentP(r, pairs.count),
      interval: interval(r, 1 / Double(pairs.count - 3), level), count: pairs.count)
  }

  /// Of the ranks; p by Student's t, interval with Bonett and Wright's (2000) standard error.
  public static func spearman(_ x: [Double], _ y: [Double], level: Double = 0.95) throws -> Correlation {
    _ = try PairedSample(x, y, atLeast: 3)
    let ranks = try PairedSample(Ranks(x).ranks, Ranks(y).ranks)
    let r = try product(ranks)
    return try Correlation(
      coefficient: r, pValue: studentP(r, ranks.count),
      interval: interval(r, (1 + r * r / 2) / Double(ranks.count - 3), level), count: ranks.count)
  }

  /// Of the order of pairs: Kendall's τ_b. p is exact without ties for at most 33 pairs, normal otherwise; interval with
  /// Bonett and Wright's (2000) standard error.
  public static func kendall(_ x: [Double], _ y: [Double], level: Double = 0.95) throws -> Correlation {
    let pairs = try PairedSample(x, y, atLeast: 3)
    let n = pairs.count
    // Every pair of pairs is looked at.
    guard n <= 100_000 else {
      throw StatisticsError(
        "Kendall's correlation takes at most 100000 pairs, got \(n); Spearman's takes more")
    }
    var balance = 0
    for i in 0..<n {
      for j in 0..<i { balance += order(x[i], x[j]) * order(y[i], y[j]) }
    }
    let (u, v) = (Ties(Ranks(x).ties), Ties(Ranks(y).ties))
    let total = Double(n * (n - 1) / 2)
    guard total > u.pairs, total > v.pairs else { throw constant(total > u.pairs ? "second" : "first") }
    let tau = max(-1, min(1, Double(balance) / ((total - u.pairs) * (total - v.pairs)).squareRoot()))
    let p =
      u.pairs + v.pairs == 0 && n <= 33
      ? exactKendallP(n, inversions: (Int(total) - abs(balance)) / 2)
      : Normal.twoSided(Double(balance) / kendallVariance(n, u, v).squareRoot())
    return Correlation(
      coefficient: tau, pValue: p, interval: try interval(tau, 0.437 / Double(n - 4), level), count: n)
  }

  // MARK: Pearson and Spearman

  private static func product(_ pairs: PairedSample) throws -> Double {
    guard !pairs.x.isConstant, !pairs.y.isConstant else {
      throw constant(pairs.x.isConstant ? "first" : "second")
    }
    let (x, y) = (Deviations(pairs.x), Deviations(pairs.y))
    let sum = zip(x.values, y.values).reduce(0) { $0 + $1.0 * $1.1 }
    return max(-1, min(1, sum / (x.sumOfSquares.squareRoot() * y.sumOfSquares.squareRoot())))
  }

  private static func constant(_ which: String) -> StatisticsError {
    StatisticsError("a correlation needs numbers that differ; the \(which) list has one number throughout")
  }

  private static func studentP(_ r: Double, _ n: Int) -> Double {
    let degrees = Double(n - 2)
    return StudentT.twoSided(r * (degrees / ((1 - r) * (1 + r))).squareRoot(), degrees: degrees)
  }

  private static func interval(_ r: Double, _ variance: Double, _ level: Double) throws -> Interval? {
    let z = try Level.normalReach(level)
    guard variance > 0, variance.isFinite else { return nil }
    if abs(r) == 1 { return Interval(low: r, high: r) }
    let half = z * variance.squareRoot()
    return Interval(low: tanh(atanh(r) - half), high: tanh(atanh(r) + half))
  }

  // MARK: Kendall

  private static func order(_ a: Double, _ b: Double) -> Int { a > b ? 1 : a < b ? -1 : 0 }

  /// Sums over the groups of t equal values.
  private struct Ties {
    var pairs = 0.0
    var triples = 0.0
    var weighted = 0.0

    init(_ groups: [Int]) {
      for t in groups.map(Double.init) {
        pairs += t * (t - 1) / 2
        triples += t * (t - 1) * (t - 2)
        weighted += t * (t - 1) * (2 * t + 5)
      }
    }
  }

  /// Of concordant minus discordant pairs, with ties (Kendall 1970, equation 4.4).
  private static func kendallVariance(_ n: Int, _ u: Ties, _ v: Ties) -> Double {
    let n = Double(n)
    let m = n * (n - 1)
    return (m * (2 * n + 5) - u.weighted - v.weighted) / 18 + 2 * u.pairs * v.pairs / m
      + u.triples * v.triples / (9 * m * (n - 2))
  }

  /// Twice the share of the orders of n that have at most so many inversions.
  private static func exactKendallP(_ n: Int, inversions: Int) -> Double {
    var shares = [1.0]
    for size in 2...n {
      // The largest of `size` numbers adds 0 … size − 1 inversions, each as often.
      var next = [Double](repeating: 0, count: shares.count + size - 1)
      for (place, share) in shares.enumerated() {
        for more in 0..<size { next[place + more] += share / Double(size) }
      }
      shares = next
    }
    return min(1, 2 * shares.prefix(inversions + 1).reduce(0, +))
  }
}
