/// What a regression explains an outcome by: an intercept and one column per predictor.
struct Design {
  /// Each observation's predictors, with a 1 in front.
  let rows: [[Double]]
  let names: [String]
  /// The cluster of each observation, from 0, where observations come in clusters.
  let clusters: [Int]?

  var count: Int { rows.count }
  var width: Int { names.count }

  /// - Parameters:
  ///   - predictors: one list per predictor, each with one number per observation.
  ///   - clusters: a label per observation; observations with one label are not independent of each other.
  init(predictors: [[Double]], names: [String], outcomes: Int, clusters: [Int]?) throws {
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
      guard clusters.count == outcomes else {
        throw StatisticsError(
          "a cluster for each of the \(outcomes) observations expected, got \(clusters.count)")
      }
      guard Set(clusters).count > predictors.count + 1 else {
        throw StatisticsError("more clusters than coefficients expected, got \(Set(clusters).count)")
      }
    }
    rows = (0..<outcomes).map { row in [1] + predictors.map { $0[row] } }
    self.names = ["intercept"] + names
    self.clusters = clusters
  }

  /// Σ weight · x xᵀ
  func moments(_ weights: [Double]) -> [[Double]] {
    var sum = [[Double]](repeating: [Double](repeating: 0, count: width), count: width)
    for (row, weight) in zip(rows, weights) {
      for i in 0..<width {
        for j in 0..<width { sum[i][j] += weight * row[i] * row[j] }
      }
    }
    return sum
  }

  /// Σ value · x
  func weightedSum(_ values: [Double]) -> [Double] {
    var sum = [Double](repeating: 0, count: width)
    for (row, value) in zip(rows, values) {
      for i in 0..<width { sum[i] += value * row[i] }
    }
    return sum
  }

  func predictions(_ coefficients: [Double]) -> [Double] {
    rows.map { row in zip(row, coefficients).reduce(0) { $0 + $1.0 * $1.1 } }
  }

  func system(_ weights: [Double]) throws -> SymmetricSystem {
    guard let system = SymmetricSystem(moments(weights)) else {
      throw StatisticsError("the predictors are constant or depend on each other: they cannot be told apart")
    }
    return system
  }

  /// The sandwich: inverse · Σ_clusters s sᵀ · inverse, s the sum of `residual` · x within a cluster, with the usual
  /// small-sample factor (Liang and Zeger 1986).
  func clusteredCovariance(_ inverse: [[Double]], residuals: [Double], clusters: [Int]) -> [[Double]] {
    var scores: [Int: [Double]] = [:]
    for (place, cluster) in clusters.enumerated() {
      var score = scores[cluster] ?? [Double](repeating: 0, count: width)
      for i in 0..<width { score[i] += residuals[place] * rows[place][i] }
      scores[cluster] = score
    }
    let halves = scores.sorted { $0.key < $1.key }.map { score in
      inverse.map { zip($0, score.value).reduce(0) { $0 + $1.0 * $1.1 } }
    }
    let groups = Double(halves.count)
    let factor = groups / (groups - 1) * Double(count - 1) / Double(count - width)
    return inverse.indices.map { i in
      inverse.indices.map { j in factor * halves.reduce(0) { $0 + $1[i] * $1[j] } }
    }
  }
}
