/// A share of successes in independent trials.
public struct Proportion: Equatable, Sendable {
  public let successes: Int
  public let count: Int

  /// - Throws: unless 0 ≤ successes ≤ count and 1 ≤ count.
  public init(_ successes: Int, of count: Int) throws {
    guard count >= 1 else { throw StatisticsError("at least one trial expected, got \(count)") }
    guard successes >= 0, successes <= count else {
      throw StatisticsError("successes between 0 and \(count) expected, got \(successes)")
    }
    (self.successes, self.count) = (successes, count)
  }

  public var estimate: Double { Double(successes) / Double(count) }

  /// The score interval (Wilson 1927), without correction for continuity.
  public func wilson(level: Double = 0.95) throws -> Interval {
    Self.score(estimate, of: Double(count), reach: try Level.normalReach(level))
  }

  /// The score interval of a share of `n` answers, which need not be a whole number.
  static func score(_ p: Double, of n: Double, reach z: Double) -> Interval {
    let scale = 1 + z * z / n
    let centre = (p + z * z / (2 * n)) / scale
    let half = z * (p * (1 - p) / n + z * z / (4 * n * n)).squareRoot() / scale
    return Interval(low: p == 0 ? 0 : max(0, centre - half), high: p == 1 ? 1 : min(1, centre + half))
  }

  /// The exact interval (Clopper and Pearson 1934): covers at least as often as `level` says, mostly more.
  public func clopperPearson(level: Double = 0.95) throws -> Interval {
    try Level.check(level)
    let tail = (1 - level) / 2
    let (k, n) = (Double(successes), Double(count))
    return Interval(
      low: successes == 0 ? 0 : Beta.quantile(tail, k, n - k + 1),
      high: successes == count ? 1 : Beta.quantile(1 - tail, k + 1, n - k))
  }
}

/// The difference of two independent shares.
public struct RiskDifference: Equatable, Sendable {
  public let estimate: Double
  /// Newcombe's hybrid of the two score intervals (1998, method 10).
  public let interval: Interval

  public init(_ first: Proportion, _ second: Proportion, level: Double = 0.95) throws {
    let (p, q) = (first.estimate, second.estimate)
    let (a, b) = (try first.wilson(level: level), try second.wilson(level: level))
    func reach(_ x: Double, _ y: Double) -> Double { (x * x + y * y).squareRoot() }
    estimate = p - q
    interval = Interval(
      low: p - q - reach(p - a.low, b.high - q), high: p - q + reach(a.high - p, q - b.low))
  }
}
