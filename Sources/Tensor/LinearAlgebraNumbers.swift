import Glibc

extension LinearAlgebra {
  /// The inverse of A {n, n}.
  public static func inverse(_ a: Tensor) throws -> Tensor { try solve(a, .eye(a.shape[0])) }

  /// The determinant of A {n, n}, by elimination with the largest pivots, in double.
  public static func determinant(_ a: Tensor) throws -> Tensor {
    let n = a.shape[0]
    var matrix = try a.detached.elements(copies: 3).map(Double.init)
    guard matrix.allSatisfy(\.isFinite) else { throw TensorError("det: finite numbers expected") }
    var determinant = 1.0
    for column in 0..<n where determinant != 0 {
      try Interruption.check()
      let pivot = (column..<n).max { abs(matrix[$0 * n + column]) < abs(matrix[$1 * n + column]) } ?? column
      determinant *= matrix[pivot * n + column]
      guard determinant != 0 else { break }
      if pivot != column {
        determinant = -determinant
        for k in column..<n { matrix.swapAt(pivot * n + k, column * n + k) }
      }
      for row in column + 1..<max(n, column + 1) {
        let factor = matrix[row * n + column] / matrix[column * n + column]
        guard factor != 0 else { continue }
        for k in column..<n { matrix[row * n + k] -= factor * matrix[column * n + k] }
      }
    }
    let (value, kept) = (Float(determinant), a.kept)
    return try Tensor.scalar(value).recorded(from: a) { gradient in
      // Jacobi's formula; a singular matrix has no inverse to say it by.
      guard value != 0 else { throw TensorError("det: a singular matrix has no gradient here") }
      return try inverse(kept()).transposed(0, 1).multiplying(gradient.multiplying(value))
    }
  }

  /// Which norm.
  public enum NormOrder: Sendable {
    /// The root of the sum of squares.
    case frobenius
    /// The sum of singular values.
    case nuclear
    /// Of vectors the p-norm; of matrices 1: the largest sum of a column, 2: the largest singular value, infinite: the largest sum of a
    /// row.
    case power(Double)
  }

  public static func norm(_ x: Tensor, _ order: NormOrder) throws -> Tensor {
    guard x.count > 0 else { throw TensorError("norm: elements expected, got \(Shape.text(x.shape))") }
    switch order {
    case .frobenius: return try x.norm()
    case .nuclear:
      guard x.rank == 2 else {
        throw TensorError("norm: a matrix expected for 'nuc', got \(Shape.text(x.shape))")
      }
      return try svd(x).s.sum()
    case .power(let p) where x.rank == 1:
      if p == .infinity { return try x.abs().max() }
      if p == -.infinity { return try x.abs().min() }
      if p == 0 { return try x.notEqual(to: 0).sum() }
      return try x.abs().power(Float(p)).sum().power(Float(1 / p))
    case .power(let p) where x.rank == 2:
      switch p {
      case 1: return try x.abs().sum(dim: 0).max()
      case 2: return try svd(x).s.max()
      case .infinity: return try x.abs().sum(dim: 1).max()
      default: throw TensorError("norm: 1, 2, inf, 'fro' or 'nuc' expected for a matrix, got \(p)")
      }
    case .power: throw TensorError("norm: a vector or a matrix expected, got \(Shape.text(x.shape))")
    }
  }
}
