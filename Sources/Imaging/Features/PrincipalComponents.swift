import Tensor

/// The directions in which points {n, d} vary most (Pearson 1901), by the singular value decomposition of the centred points.
public struct PrincipalComponents {
  /// {d}
  public let mean: Tensor
  /// {k, d}, unit vectors; of each, the entry of the largest size is above 0.
  public let components: Tensor
  /// {n, k}: the points in these directions.
  public let scores: Tensor
  /// The variance along each, with n − 1 below, and its share of all.
  public let variance: [Double]
  public let ratio: [Double]

  public init(_ x: Tensor, k: Int) throws {
    guard x.rank == 2, x.shape[0] >= 2, x.shape[1] >= 1 else {
      throw TensorError("pca: points {n, d} expected, n at least 2, got \(Shape.text(x.shape))")
    }
    guard k >= 1, k <= min(x.shape[0], x.shape[1]) else {
      throw TensorError("pca: k from 1 to \(min(x.shape[0], x.shape[1])) expected, got \(k)")
    }
    let x = x.detached
    mean = try x.mean(dim: 0)
    let centred = try x.subtracting(mean)
    let (_, s, vh) = try LinearAlgebra.svd(centred)
    let all = s.toArray().map { Double($0) * Double($0) / Double(x.shape[0] - 1) }
    let total = all.reduce(0, +)
    variance = Array(all.prefix(k))
    ratio = variance.map { total > 0 ? $0 / total : 0 }
    var directions = try vh.narrowed(0, start: 0, length: k).contiguous().toArray()
    let width = x.shape[1]
    for row in 0..<k {
      let range = row * width..<(row + 1) * width
      let largest = directions[range].max { abs($0) < abs($1) } ?? 0
      if largest < 0 { for place in range { directions[place] = -directions[place] } }
    }
    components = try Tensor(directions, shape: [k, width])
    scores = try centred.matmul(components.transposed(0, 1))
  }
}
