/// A confidence interval.
public struct Interval: Equatable, Sendable {
  public let low: Double
  public let high: Double

  public init(low: Double, high: Double) { (self.low, self.high) = (low, high) }
}

/// How often an interval is to cover the truth.
enum Level {
  /// - Throws: unless 0 < `level` < 1.
  static func check(_ level: Double) throws {
    guard level > 0, level < 1 else {
      throw StatisticsError("level between 0 and 1 expected, got \(level)")
    }
  }

  /// How many standard errors of a normal estimate an interval of this level reaches to each side.
  static func normalReach(_ level: Double) throws -> Double {
    try check(level)
    return Normal.quantile(0.5 + level / 2)
  }
}
