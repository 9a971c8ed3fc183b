/// What a regression explains an outcome by: an intercept and one column per predictor.
///
/// Predictors are seeds, times, sizes: numbers of any offset and unit. So the columns are taken from their means and divided
/// by their sizes before anything is computed; coefficients of these columns are told as coefficients of the predictors.
struct Design {
  /// 1 throughout, then each predictor's deviations from its mean.
  let columns: [[Double]]
  let names: [String]
  /// The cluster of each observation, or its pair of clusters, where observations come in clusters.
  let clusters: Units?
  private let predictors: [Deviations]

  var count: Int { columns[0].count }
  var width: Int { names.count }

  /// - Parameters:
  ///   - predictors: one list per predictor, each with one number per observation.
  ///   - clusters: of the observations; those that share one are not independent of each other.
  init(predictors: [[Double]], names: [String], outcomes: Int, clusters: Units?) throws {
    guard predictors.count == names.count else {
      throw StatisticsError(
        "a name for each of the \(predictors.count) predictors expected, got \(names.count)")
    }
    for (column, name) in zip(predictors, names) {
      guard column.count == outcomes else {
        throw StatisticsError("\(outcomes) numbers in predictor '\(name)' expected, got \(column.count)")
      }
      do { _ = try Sample(column) } catch { throw StatisticsError("predictor '\(name)': \(error)") }
    }
    guard outcomes > predictors.count + 1 else {
      throw StatisticsError(
        "more observations than coefficients expected, got \(outcomes) and \(predictors.count + 1)")
    }
    if let clusters {
      try clusters.check(outcomes)
      guard clusters.count > predictors.count + 1 else {
        throw StatisticsError("more clusters than coefficients expected, got \(clusters.count)")
      }
    }
    self.predictors = try predictors.map { Deviations(try Sample($0)) }
    columns = [[Double](repeating: 1, count: outcomes)] + self.predictors.map(\.values)
    self.names = ["intercept"] + names
    self.clusters = clusters
    guard Orthogonal(columns, noise: [0] + zip(predictors, self.predictors).map(Self.noise)) != nil else {
      throw Self.dependent
    }
  }

  static let dependent = StatisticsError(
    "the predictors are constant or depend on each other: they cannot be told apart")

  /// How long a column is that only the rounding of a predictor's numbers has made.
  private static func noise(_ predictor: [Double], _ deviations: Deviations) -> Double {
    let largest = predictor.reduce(0) { max($0, abs($1)) }
    return 4 * Double(predictor.count).squareRoot() * (largest / deviations.scale) * Double.ulpOfOne
  }

  /// The columns orthogonal, each row weighed by the root of its weight; nil where weights leave too little of one.
  func orthogonal(_ weights: [Double]? = nil) -> Orthogonal? {
    guard let weights else { return Orthogonal(columns) }
    let roots = weights.map { $0.squareRoot() }
    return Orthogonal(columns.map { column in zip(column, roots).map { $0 * $1 } })
  }

  /// Columns times coefficients of columns.
  func predictions(_ coefficients: [Double]) -> [Double] {
    var sum = [Double](repeating: 0, count: count)
    for (column, coefficient) in zip(columns, coefficients) {
      for row in sum.indices { sum[row] += coefficient * column[row] }
    }
    return sum
  }

  /// Columnsᵀ · values
  func products(_ values: [Double]) -> [Double] { columns.map { Orthogonal.product($0, values) } }

  /// From coefficients of the columns to those of the intercept and the predictors.
  func unscaled(_ coefficients: [Double]) -> [Double] {
    let slopes = zip(predictors, coefficients.dropFirst()).map { $1 / $0.scale }
    // The intercept is the value at 0, as far from the mean as the means are.
    let reach = zip(predictors, slopes).reduce(0) { $0 + ($1.0.mean * $1.1 + $1.0.remainder * $1.1) }
    return [coefficients[0] - reach] + slopes
  }

  /// The roots of the variances of the intercept and the predictors' coefficients, where `root` times its transpose is the
  /// covariance of the columns' coefficients.
  func standardErrors(root: [[Double]]) -> [Double] {
    lengths(ofRows: unscaledRows(root))
  }

  /// The same with observations in clusters, the sandwich: inverse · (Σ s sᵀ) · inverse, s the sum of `residual` · x within
  /// a cluster, with the usual small-sample factor (Liang and Zeger 1986); for pairs of clusters see `Units.variance`. `root`
  /// times its transpose is the inverse.
  func clusteredErrors(root: [[Double]], residuals: [Double], clusters: Units) -> [Double] {
    // rootᵀ · residual · x for each observation, by column of the root, and what unscaled rows of the root make of that.
    let halves = root.indices.map { j in
      var sum = [Double](repeating: 0, count: count)
      for (k, column) in columns.enumerated() {
        for row in sum.indices { sum[row] += root[k][j] * column[row] * residuals[row] }
      }
      return sum
    }
    let factor = Double(count - 1) / Double(count - width)
    return unscaledRows(root).map { weights in
      var influences = [Double](repeating: 0, count: count)
      for (half, weight) in zip(halves, weights) {
        for row in influences.indices { influences[row] += weight * half[row] }
      }
      return (clusters.variance(influences) * factor).squareRoot()
    }
  }

  private func unscaledRows(_ root: [[Double]]) -> [[Double]] {
    let columns = root.indices.map { j in unscaled(root.map { $0[j] }) }
    return root.indices.map { i in columns.map { $0[i] } }
  }

  private func lengths(ofRows rows: [[Double]]) -> [Double] { rows.map(Orthogonal.length) }
}
