/// Ordinary least squares with an intercept.
public struct LinearRegression: Equatable, Sendable {
  /// The intercept first.
  public let coefficients: [Coefficient]
  public let rSquared: Double
  public let count: Int

  /// - Parameters:
  ///   - predictors: one list per predictor.
  ///   - clusters: labels of observations that go together; then the standard errors allow for that, with t on one less
  ///     than the number of clusters.
  public init(
    _ outcome: [Double], on predictors: [[Double]], names: [String], clusters: [Int]? = nil,
    level: Double = 0.95
  ) throws {
    let y = try Sample(outcome)
    let design = try Design(
      predictors: predictors, names: names, outcomes: outcome.count, clusters: clusters)
    let system = try design.system([Double](repeating: 1, count: design.count))
    let estimates = system.solve(design.weightedSum(outcome))
    let residuals = zip(outcome, design.predictions(estimates)).map { $0 - $1 }
    let squares = residuals.reduce(0) { $0 + $1 * $1 }
    guard y.sumOfSquares > 0 else { throw StatisticsError("a regression needs outcomes that differ") }
    let degrees = Double(design.count - design.width)
    let inverse = system.inverse
    let covariance =
      clusters.map { design.clusteredCovariance(inverse, residuals: residuals, clusters: $0) }
      ?? inverse.map { row in row.map { $0 * squares / degrees } }
    coefficients = try Coefficient.list(
      estimates, names: design.names, covariance: covariance,
      degrees: clusters.map { Double(Set($0).count - 1) } ?? degrees, level: level)
    rSquared = 1 - squares / y.sumOfSquares
    count = design.count
  }
}
