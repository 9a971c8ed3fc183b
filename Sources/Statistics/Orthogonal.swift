/// Columns made orthogonal: X = Q · R, by Gram and Schmidt's method done twice, which loses no digits. Where normal
/// equations square the ratio of the columns' sizes, this does not.
struct Orthogonal {
  /// Orthonormal columns.
  private(set) var q: [[Double]] = []
  /// r[j] is column j of R: j + 1 numbers.
  private(set) var r: [[Double]] = []

  /// - Parameter noise: for each column, how long the part is that rounding alone may have left of it.
  /// - Returns: nil where a column is, up to rounding, a combination of those before it.
  init?(_ columns: [[Double]], noise: [Double]? = nil) {
    for (place, column) in columns.enumerated() {
      let length = Self.length(column)
      guard length > 0, length.isFinite else { return nil }
      var rest = column
      var weights = [Double](repeating: 0, count: place)
      for _ in 0..<2 {
        for i in 0..<place {
          let weight = Self.product(q[i], rest)
          weights[i] += weight
          for row in rest.indices { rest[row] -= weight * q[i][row] }
        }
      }
      let left = Self.length(rest)
      // What is left of a column that was much longer may be nothing but what its numbers were rounded by.
      guard left > 1e-10 * length, left > 1e-3 * length || left > noise?[place] ?? 0 else { return nil }
      q.append(rest.map { $0 / left })
      r.append(weights + [left])
    }
  }

  /// Qᵀ · y
  func components(_ y: [Double]) -> [Double] { q.map { Self.product($0, y) } }

  /// The x with R · x = b.
  func solve(_ b: [Double]) -> [Double] {
    var x = b
    for j in r.indices.reversed() {
      x[j] /= r[j][j]
      for i in 0..<j { x[i] -= r[j][i] * x[j] }
    }
    return x
  }

  /// R⁻¹, row by row: (XᵀX)⁻¹ is this times its transpose.
  var inverse: [[Double]] {
    let columns = r.indices.map { column in solve(r.indices.map { $0 == column ? 1 : 0 }) }
    return r.indices.map { row in columns.map { $0[row] } }
  }

  static func product(_ a: [Double], _ b: [Double]) -> Double {
    zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
  }

  static func length(_ x: [Double]) -> Double { product(x, x).squareRoot() }
}
