import Tensor

/// How far two sets of pictures are apart by features of any network: matrices {n, d}, one row a picture.
public enum FeatureDistances {
  /// Fréchet distance of the two Gaussians (Heusel et al. 2017, with Inception's features the FID):
  /// |μ₁ − μ₂|² + tr(Σ₁ + Σ₂ − 2 (Σ₁Σ₂)^½), covariances with n − 1 below.
  ///
  /// The trace of the root is the sum of the singular values of A₁A₂ᵀ, with AᵀA the covariances, which is exact also where there are
  /// fewer pictures than features. At most some 1e-5 of tr Σ₁ + tr Σ₂ from the same in double precision.
  public static func frechet(_ a: Tensor, _ b: Tensor) throws -> Double {
    let (a, b) = try pair(a, b, "frechet", least: 2)
    let (first, second) = try (Moments(a), Moments(b))
    let product = try first.root.matmul(second.root.transposed(0, 1))
    let (_, singular, _) = try LinearAlgebra.svd(product)
    var distance = first.variance + second.variance
    for (x, y) in zip(first.mean, second.mean) { distance += (x - y) * (x - y) }
    for value in singular.toArray() { distance -= 2 * Double(value) }
    return max(0, distance)
  }

  /// Kernel Inception distance (Bińkowski et al. 2018): the unbiased estimate of the squared maximum mean discrepancy under the kernel
  /// (x·y/d + 1)³. It may be below 0.
  public static func kid(_ a: Tensor, _ b: Tensor) throws -> Double {
    let (a, b) = try pair(a, b, "kid", least: 2)
    let width = Double(a.shape[1])
    return try discrepancy(a, b, isUnbiased: true) { product, _ in
      let value = product / width + 1
      return value * value * value
    }
  }

  /// CMMD (Jayasumana et al. 2024): `scale` times the squared maximum mean discrepancy under exp(−|x − y|² / 2σ²); meant for unit vectors
  /// of CLIP. The paper's code has the biased estimate, the mean over all pairs.
  public static func cmmd(
    _ a: Tensor, _ b: Tensor, sigma: Double = 10, scale: Double = 1000, isUnbiased: Bool = false
  ) throws -> Double {
    let (a, b) = try pair(a, b, "cmmd", least: isUnbiased ? 2 : 1)
    let gamma = 1 / (2 * sigma * sigma)
    return try scale
      * discrepancy(a, b, isUnbiased: isUnbiased) { product, squares in
        exponential(-gamma * max(0, squares - 2 * product))
      }
  }

  /// Vendi score (Friedman and Dieng 2023): exp of the entropy of the eigenvalues of K/n, K the cosines of the rows; the effective
  /// number of different pictures, from 1 to n.
  public static func vendi(_ x: Tensor) throws -> Double {
    let x = try checked(x, "vendi", least: 1)
    let (_, singular, _) = try LinearAlgebra.svd(x.normalized(dim: 1))
    let values = singular.toArray().map { Double($0) * Double($0) }
    let total = values.reduce(0, +)
    guard total > 0 else { return 1 }
    var entropy = 0.0
    for value in values where value > 0 { entropy -= value / total * logarithm(value / total) }
    return exponential(entropy)
  }

  // MARK: Parts

  /// Mean, covariance as a root, and its trace.
  private struct Moments {
    let mean: [Double]
    let variance: Double
    /// A with AᵀA the covariance; of at most as many rows as columns.
    let root: Tensor

    init(_ x: Tensor) throws {
      let (count, width) = (x.shape[0], x.shape[1])
      let values = try x.elements(copies: 3)
      var mean = [Double](repeating: 0, count: width)
      for row in 0..<count {
        for column in 0..<width { mean[column] += Double(values[row * width + column]) }
      }
      for column in 0..<width { mean[column] /= Double(count) }
      let scale = (1 / Double(count - 1)).squareRoot()
      var centred = [Float](repeating: 0, count: values.count)
      var variance = 0.0
      for row in 0..<count {
        for column in 0..<width {
          let value = (Double(values[row * width + column]) - mean[column]) * scale
          centred[row * width + column] = Float(value)
          variance += value * value
        }
      }
      (self.mean, self.variance) = (mean, variance)
      let matrix = try Tensor(centred, shape: [count, width])
      root = count > width ? try LinearAlgebra.qr(matrix).r : matrix
    }
  }

  /// The squared maximum mean discrepancy under a kernel of x·y and |x|² + |y|².
  private static func discrepancy(
    _ a: Tensor, _ b: Tensor, isUnbiased: Bool, _ kernel: (_ product: Double, _ squares: Double) -> Double
  ) throws -> Double {
    func squares(_ x: Tensor) throws -> [Double] {
      let (values, width) = (try x.elements(copies: 2), x.shape[1])
      return (0..<x.shape[0]).map { row in
        values[row * width..<(row + 1) * width].reduce(0) { $0 + Double($1) * Double($1) }
      }
    }
    let (squaresA, squaresB) = try (squares(a), squares(b))
    func mean(_ x: Tensor, _ y: Tensor, _ first: [Double], _ second: [Double], without diagonal: Bool) throws
      -> Double
    {
      let products = try x.matmul(y.transposed(0, 1))
      let (rows, columns) = (x.shape[0], y.shape[0])
      return try products.withUnsafeBuffer { products in
        var total = 0.0
        for row in 0..<rows {
          try Interruption.check()
          var sum = 0.0
          for column in 0..<columns where !diagonal || row != column {
            sum += kernel(Double(products[row * columns + column]), first[row] + second[column])
          }
          total += sum
        }
        return total / Double(rows * (diagonal ? columns - 1 : columns))
      }
    }
    return try mean(a, a, squaresA, squaresA, without: isUnbiased)
      + mean(b, b, squaresB, squaresB, without: isUnbiased) - 2
      * mean(a, b, squaresA, squaresB, without: false)
  }

  private static func pair(_ a: Tensor, _ b: Tensor, _ name: String, least: Int) throws -> (Tensor, Tensor) {
    let (a, b) = try (checked(a, name, least: least), checked(b, name, least: least))
    guard a.shape[1] == b.shape[1] else {
      throw TensorError("\(name): features of one width expected, got \(a.shape[1]) and \(b.shape[1])")
    }
    return (a, b)
  }

  /// Most pictures whose pairs fit into memory; beyond, the estimate has long settled.
  private static let most = 1 << 15

  private static func checked(_ x: Tensor, _ name: String, least: Int) throws -> Tensor {
    guard x.rank == 2, x.shape[0] >= least, x.shape[0] <= most, x.shape[1] > 0 else {
      throw TensorError(
        "\(name): features {n, d} expected, n from \(least) to \(most), got \(Shape.text(x.shape))")
    }
    let x = try x.detached.contiguous()
    guard try x.elements(copies: 2).allSatisfy(\.isFinite) else {
      throw TensorError("\(name): the features hold an infinity or NaN")
    }
    return x
  }
}
