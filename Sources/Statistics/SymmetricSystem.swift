import Glibc

/// A symmetric positive definite matrix of few rows, factorised (Cholesky), as regressions meet it.
struct SymmetricSystem {
  private let lower: [[Double]]

  /// - Returns: nil for a matrix that is singular, up to rounding.
  init?(_ matrix: [[Double]]) {
    var lower = matrix
    for i in matrix.indices {
      for j in 0...i {
        let sum = (0..<j).reduce(matrix[i][j]) { $0 - lower[i][$1] * lower[j][$1] }
        if i == j {
          guard sum > 1e-12 * matrix[i][i], sum.isFinite else { return nil }
          lower[i][i] = sum.squareRoot()
        } else {
          lower[i][j] = sum / lower[j][j]
        }
      }
    }
    self.lower = lower
  }

  func solve(_ b: [Double]) -> [Double] {
    var x = b
    for i in b.indices {
      x[i] = (0..<i).reduce(x[i]) { $0 - lower[i][$1] * x[$1] } / lower[i][i]
    }
    for i in b.indices.reversed() {
      x[i] = (i + 1..<b.count).reduce(x[i]) { $0 - lower[$1][i] * x[$1] } / lower[i][i]
    }
    return x
  }

  var inverse: [[Double]] {
    lower.indices.map { column in solve(lower.indices.map { $0 == column ? 1 : 0 }) }
  }
}
