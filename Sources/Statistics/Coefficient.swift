/// One coefficient of a regression.
public struct Coefficient: Equatable, Sendable {
  public let name: String
  public let estimate: Double
  public let standardError: Double
  /// Two-sided, of it being 0.
  public let pValue: Double
  public let interval: Interval

  /// - Parameter degrees: of Student's t; nil for the normal distribution.
  static func list(
    _ estimates: [Double], names: [String], errors: [Double], degrees: Double?, level: Double
  ) throws -> [Coefficient] {
    let normal = try Level.normalReach(level)
    let reach = degrees.map { StudentT.reach(level, degrees: $0) } ?? normal
    if let place = estimates.indices.first(where: { !estimates[$0].isFinite || !errors[$0].isFinite }) {
      throw StatisticsError(
        "the coefficient '\(names[place])' is beyond what numbers hold: measure the predictors, or the outcome, in other units"
      )
    }
    return estimates.indices.map { i in
      let (estimate, error) = (estimates[i], errors[i])
      let statistic = estimate == 0 ? 0 : estimate / error
      return Coefficient(
        name: names[i], estimate: estimate, standardError: error,
        pValue: degrees.map { StudentT.twoSided(statistic, degrees: $0) } ?? Normal.twoSided(statistic),
        interval: Interval(low: estimate - reach * error, high: estimate + reach * error))
    }
  }
}
