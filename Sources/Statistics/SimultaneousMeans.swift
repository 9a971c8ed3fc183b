import Glibc

/// Means of several outcomes of the same observations, with intervals that cover *all* of them as often as the level says.
///
/// Each reaches equally many standard errors to each side, as many as the largest of the outcomes' |t| stays below: their
/// joint distribution is a multivariate t with the correlations of the estimates (Hothorn, Bretz and Westfall 2008).
/// Outcomes that go together cost less than so many that do not.
public struct SimultaneousMeans: Equatable, Sendable {
  public let means: [ClusteredMean]
  /// In the order of the outcomes.
  public let intervals: [Interval]
  /// Of each outcome being 0, corrected for all.
  public let pValues: [Double]
  /// How many standard errors the intervals reach to each side.
  public let reach: Double

  /// - Parameters:
  ///   - outcomes: one list per outcome, each with one number per observation.
  ///   - draws: how many times the joint distribution is drawn from.
  public init(
    _ outcomes: [[Double]], units: Units, level: Double = 0.95, draws: Int = 20_000,
    using generator: inout some RandomNumberGenerator
  ) throws {
    try Level.check(level)
    guard let first = outcomes.first else { throw StatisticsError("at least one outcome expected, got none") }
    guard outcomes.allSatisfy({ $0.count == first.count }) else {
      throw StatisticsError("outcomes of equal length expected, got \(outcomes.map(\.count))")
    }
    guard (1000...10_000_000).contains(draws), outcomes.count <= 1000, draws * outcomes.count <= 1_000_000_000
    else { throw StatisticsError("1000 to 10 million draws of at most 1000 outcomes expected, got \(draws)") }
    let means = try outcomes.map { try ClusteredMean($0, units: units, level: level) }
    let influences = try outcomes.map { Deviations(try Sample($0)).values }
    let largest = Self.largest(
      root: Self.root(Self.correlations(influences, units)), degrees: units.count - 1, draws: draws,
      using: &generator)
    // One outcome alone needs no draws, and none needs less than that one would.
    let reach =
      outcomes.count == 1
      ? StudentT.reach(level, degrees: Double(units.count - 1))
      : max(
        Sample.quantile(level, ofSorted: largest), StudentT.reach(level, degrees: Double(units.count - 1)))
    self.means = means
    self.reach = reach
    intervals = means.map {
      Interval(low: $0.estimate - reach * $0.standardError, high: $0.estimate + reach * $0.standardError)
    }
    pValues = means.map { mean in
      let t = mean.estimate == 0 ? 0 : abs(mean.estimate / mean.standardError)
      let beyond = largest.count { $0 >= t }
      return outcomes.count == 1
        ? mean.pValue : max(mean.pValue, Double(beyond + 1) / Double(draws + 1))
    }
  }

  /// Of the estimates, from the variances of their sums and differences.
  private static func correlations(_ influences: [[Double]], _ units: Units) -> [[Double]] {
    let variances = influences.map(units.variance)
    return influences.indices.map { i in
      influences.indices.map { j in
        guard i != j, variances[i] > 0, variances[j] > 0 else { return i == j ? 1 : 0 }
        let (a, b) = (variances[i].squareRoot(), variances[j].squareRoot())
        let pairs = Array(zip(influences[i], influences[j]))
        let sum = units.variance(pairs.map { $0 / a + $1 / b })
        let difference = units.variance(pairs.map { $0 / a - $1 / b })
        return max(-1, min(1, (sum - difference) / 4))
      }
    }
  }

  /// The lower triangle whose product with its transpose is the matrix. Where a column is a combination of those before it,
  /// nothing is left for it.
  private static func root(_ matrix: [[Double]]) -> [[Double]] {
    var root: [[Double]] = []
    for i in matrix.indices {
      var row: [Double] = []
      for j in 0...i {
        let rest =
          matrix[i][j] - (0..<j).reduce(0) { $0 + row[$1] * (j < i ? root[j][$1] : row[$1]) }
        row.append(j < i ? (root[j][j] > 1e-9 ? rest / root[j][j] : 0) : max(0, rest).squareRoot())
      }
      // Estimated correlations need not belong together: each row keeps the length 1.
      let length = Orthogonal.length(row)
      root.append(length > 0 ? row.map { $0 / length } : row)
    }
    return root
  }

  /// The largest |t| of each draw, sorted.
  private static func largest(
    root: [[Double]], degrees: Int, draws: Int, using generator: inout some RandomNumberGenerator
  ) -> [Double] {
    guard root.count > 1 else { return [] }
    var list: [Double] = []
    list.reserveCapacity(draws)
    for _ in 0..<draws {
      let independent = root.map { _ in normal(using: &generator) }
      var most = 0.0
      for row in root { most = max(most, abs(zip(row, independent).reduce(0) { $0 + $1.0 * $1.1 })) }
      list.append(most / (chiSquare(degrees, using: &generator) / Double(degrees)).squareRoot())
    }
    return list.sorted()
  }

  /// Box and Muller's.
  private static func normal(using generator: inout some RandomNumberGenerator) -> Double {
    func uniform() -> Double { (Double(generator.next() >> 11) + 0.5) / Double(1 << 53) }
    return (-2 * log(uniform())).squareRoot() * cos(2 * Double.pi * uniform())
  }

  /// Of many degrees by Wilson and Hilferty's (1931) cube, right to some per mille there.
  private static func chiSquare(_ degrees: Int, using generator: inout some RandomNumberGenerator) -> Double {
    if degrees > 30 {
      let part = 2 / (9 * Double(degrees))
      let root = 1 - part + normal(using: &generator) * part.squareRoot()
      return Double(degrees) * root * root * root
    }
    return (0..<degrees).reduce(0) { sum, _ in
      let z = normal(using: &generator)
      return sum + z * z
    }
  }
}

extension MultipleTesting {
  /// The level that each of `count` intervals must have for all of them to cover at `level`, however they go together
  /// (Šidák 1967: exact for independent estimates, more than enough for normal ones).
  public static func sidak(_ count: Int, level: Double = 0.95) throws -> Double {
    try Level.check(level)
    guard count >= 1 else { throw StatisticsError("at least one interval expected, got \(count)") }
    return pow(level, 1 / Double(count))
  }
}
