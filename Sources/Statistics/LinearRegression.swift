/// Ordinary least squares with an intercept.
public struct LinearRegression: Equatable, Sendable {
  /// The intercept first.
  public let coefficients: [Coefficient]
  public let rSquared: Double
  public let count: Int

  /// - Parameters:
  ///   - predictors: one list per predictor.
  ///   - clusters: which observations go together; then the standard errors allow for that, with t on one less than the
  ///     number of clusters.
  public init(
    _ outcome: [Double], on predictors: [[Double]], names: [String], clusters: Units? = nil,
    level: Double = 0.95
  ) throws {
    let y = try Sample(outcome)
    let design = try Design(
      predictors: predictors, names: names, outcomes: outcome.count, clusters: clusters)
    guard !y.isConstant else { throw StatisticsError("a regression needs outcomes that differ") }
    let outcomes = Deviations(y)
    guard let orthogonal = design.orthogonal() else { throw Design.dependent }
    let fitted = orthogonal.solve(orthogonal.components(outcomes.values))
    let residuals = zip(outcomes.values, design.predictions(fitted)).map { $0 - $1 }
    let squares = residuals.reduce(0) { $0 + $1 * $1 }
    let degrees = Double(design.count - design.width)
    let root = orthogonal.inverse
    var errors =
      clusters.map { design.clusteredErrors(root: root, residuals: residuals, clusters: $0) }
      ?? design.standardErrors(root: root).map { $0 * (squares / degrees).squareRoot() }
    if let clusters, clusters.areDyads {
      let variances = try clusters.jackknifed { places in
        let part = predictors.map { column in places.map { column[$0] } }
        let fit = try LinearRegression(places.map { outcome[$0] }, on: part, names: names)
        return fit.coefficients.map(\.estimate)
      }
      errors = variances.map { $0.squareRoot() / outcomes.scale }
    }
    // From units of the outcomes' deviations, and with their mean, back to the outcomes.
    var estimates = design.unscaled(fitted).map { $0 * outcomes.scale }
    estimates[0] += outcomes.mean + outcomes.remainder
    coefficients = try Coefficient.list(
      estimates, names: design.names, errors: errors.map { $0 * outcomes.scale },
      degrees: clusters.map { Double($0.count - 1) } ?? degrees, level: level)
    rSquared = 1 - squares / outcomes.sumOfSquares
    count = design.count
  }
}
