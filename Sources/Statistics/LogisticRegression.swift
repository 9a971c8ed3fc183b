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
    _ outcome: [Bool], on predictors: [[Double]], names: [String], clusters: Units? = nil,
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
    let root = fit.orthogonal.inverse
    var errors =
      clusters.map { design.clusteredErrors(root: root, residuals: residuals, clusters: $0) }
      ?? design.standardErrors(root: root)
    if let clusters, clusters.areDyads {
      errors = try clusters.jackknifed { places in
        let part = predictors.map { column in places.map { column[$0] } }
        let fit = try LogisticRegression(places.map { outcome[$0] }, on: part, names: names)
        return fit.coefficients.map(\.estimate)
      }.map { $0.squareRoot() }
    }
    coefficients = try Coefficient.list(
      design.unscaled(fit.estimates), names: design.names,
      errors: errors,
      degrees: clusters.map { Double($0.count - 1) }, level: level)
    // log p, and log(1 − p) where the answer was no, without a p that has been rounded to 1.
    logLikelihood = zip(outcome, design.predictions(fit.estimates)).reduce(0) { sum, pair in
      let odds = pair.0 ? pair.1 : -pair.1
      return sum + (odds > 0 ? -log1p(exp(-odds)) : odds - log1p(exp(odds)))
    }
    let share = Double(yes) / Double(y.count)
    nullLogLikelihood = Double(y.count) * (share * log(share) + (1 - share) * log(1 - share))
    count = y.count
  }

  /// Newton's method, on the columns of the design.
  private static func fit(_ design: Design, _ y: [Double]) throws -> (
    estimates: [Double], shares: [Double], orthogonal: Orthogonal
  ) {
    var estimates = [Double](repeating: 0, count: design.width)
    for _ in 0..<100 {
      let shares = design.predictions(estimates).map { 1 / (1 + exp(-$0)) }
      // Beyond these log odds a share differs from 0 or 1 by less than anything that can be observed.
      guard shares.contains(where: { min($0, 1 - $0) > 1e-10 }),
        let orthogonal = design.orthogonal(shares.map { $0 * (1 - $0) })
      else { break }
      // (XᵀWX)⁻¹ · Xᵀ(y − p), by the factors of W^½X.
      let slope = design.products(zip(y, shares).map { $0 - $1 })
      let root = orthogonal.inverse
      let half = root.indices.map { j in root.indices.reduce(0) { $0 + root[$1][j] * slope[$1] } }
      let step = root.map { Orthogonal.product($0, half) }
      estimates = zip(estimates, step).map { $0 + $1 }
      if zip(step, estimates).allSatisfy({ abs($0) <= 1e-12 * max(1, abs($1)) }) {
        return (estimates, shares, orthogonal)
      }
    }
    throw StatisticsError("the predictors separate yes from no: there is no finite estimate")
  }
}
