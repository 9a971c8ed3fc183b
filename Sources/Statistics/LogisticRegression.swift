import Glibc

/// The log odds of yes as a linear function of predictors, by maximum likelihood.
public struct LogisticRegression: Equatable, Sendable {
  /// The intercept first; exp(estimate) is an odds ratio.
  public let coefficients: [Coefficient]
  public let logLikelihood: Double
  /// Without predictors.
  public let nullLogLikelihood: Double
  public let count: Int

  /// McFadden's 1 − L / L₀.
  public var pseudoRSquared: Double { 1 - logLikelihood / nullLogLikelihood }

  /// - Parameter clusters: as for `LinearRegression`; without them the normal distribution serves (Wald).
  /// - Throws: where the outcome is the same throughout, or where the predictors separate yes from no, so that there is no
  ///   finite estimate.
  public init(
    _ outcome: [Bool], on predictors: [[Double]], names: [String], clusters: [Int]? = nil,
    level: Double = 0.95
  ) throws {
    let design = try Design(
      predictors: predictors, names: names, outcomes: outcome.count, clusters: clusters)
    let yes = outcome.count { $0 }
    guard yes > 0, yes < outcome.count else {
      throw StatisticsError("a logistic regression needs both outcomes, got \(yes) yes of \(outcome.count)")
    }
    let y = outcome.map { $0 ? 1.0 : 0.0 }
    let fit = try Self.fit(design, y)
    let residuals = zip(y, fit.shares).map { $0 - $1 }
    let inverse = fit.system.inverse
    coefficients = try Coefficient.list(
      fit.estimates, names: design.names,
      covariance: clusters.map { design.clusteredCovariance(inverse, residuals: residuals, clusters: $0) }
        ?? inverse,
      degrees: clusters.map { Double(Set($0).count - 1) }, level: level)
    logLikelihood = zip(y, fit.shares).reduce(0) { $0 + log($1.0 == 1 ? $1.1 : 1 - $1.1) }
    let share = Double(yes) / Double(y.count)
    nullLogLikelihood = Double(y.count) * (share * log(share) + (1 - share) * log(1 - share))
    count = y.count
  }

  /// Newton's method.
  private static func fit(_ design: Design, _ y: [Double]) throws -> (
    estimates: [Double], shares: [Double], system: SymmetricSystem
  ) {
    var estimates = [Double](repeating: 0, count: design.width)
    // Columns that depend on each other are found here, before the weights can hide them.
    _ = try design.system([Double](repeating: 1, count: design.count))
    for _ in 0..<100 {
      let shares = design.predictions(estimates).map { 1 / (1 + exp(-$0)) }
      guard let system = SymmetricSystem(design.moments(shares.map { $0 * (1 - $0) })) else { break }
      let step = system.solve(design.weightedSum(zip(y, shares).map { $0 - $1 }))
      // Beyond these log odds a share differs from 0 or 1 by less than anything that can be observed.
      guard shares.contains(where: { min($0, 1 - $0) > 1e-10 }) else { break }
      estimates = zip(estimates, step).map { $0 + $1 }
      if zip(step, estimates).allSatisfy({ abs($0) <= 1e-12 * max(1, abs($1)) }) {
        return (estimates, shares, system)
      }
    }
    throw StatisticsError("the predictors separate yes from no: there is no finite estimate")
  }
}
