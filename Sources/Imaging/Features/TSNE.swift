import Tensor

/// t-distributed stochastic neighbour embedding (van der Maaten and Hinton 2008), exact: all pairs, to 1,024 points. Settings as in
/// scikit-learn: early exaggeration 12 for 250 iterations, momentum 0.5 and then 0.8, gains, begun with the principal components.
public struct TSNE {
  public static let most = 1024

  /// {n, 2}
  public let points: Tensor
  /// The Kullback–Leibler divergence that is left.
  public let divergence: Double

  public init(
    _ x: Tensor, perplexity: Double = 30, iterations: Int = 1000, rate: Double? = nil,
    generator: inout TorchCPUGenerator
  ) throws {
    let points = try FeaturePoints(x, "tsne", least: 4, most: Self.most)
    guard perplexity >= 1, perplexity < Double(points.count) else {
      throw TensorError(
        "tsne: perplexity from 1 to below the \(points.count) points expected, got \(perplexity)")
    }
    let affinities = try Self.affinities(points, perplexity)
    var y = try Self.start(x, &generator)
    let rate = rate ?? max(Double(points.count) / 12 / 4, 50)
    var (speed, gains) = ([Double](repeating: 0, count: y.count), [Double](repeating: 1, count: y.count))
    var (gradient, kernel) = (speed, [Double](repeating: 0, count: points.count * points.count))
    for iteration in 0..<max(0, iterations) {
      try Interruption.check()
      Self.gradient(affinities, y, iteration < 250 ? 12 : 1, &kernel, &gradient)
      let momentum = iteration < 250 ? 0.5 : 0.8
      for k in y.indices {
        gains[k] = max(0.01, speed[k] * gradient[k] < 0 ? gains[k] + 0.2 : gains[k] * 0.8)
        speed[k] = momentum * speed[k] - rate * gains[k] * gradient[k]
        y[k] += speed[k]
      }
    }
    divergence = Self.divergence(affinities, y)
    self.points = try Tensor(y.map { Float($0) }, shape: [points.count, 2])
  }

  /// The symmetric joint probabilities p_ij, row by row: each point's neighbours have the wanted perplexity.
  static func affinities(_ points: FeaturePoints, _ perplexity: Double) throws -> [Double] {
    let n = points.count
    let distances = try points.squaredDistances()
    let wanted = logarithm(perplexity)
    var conditional = [Double](repeating: 0, count: n * n)
    for i in 0..<n {
      try Interruption.check()
      var (beta, low, high) = (1.0, -Double.infinity, Double.infinity)
      // The nearest one's distance may be taken off: probabilities are the same, and nothing underflows.
      let nearest = (0..<n).reduce(Double.infinity) { $1 == i ? $0 : min($0, distances[i * n + $1]) }
      for _ in 0..<200 {
        var (sum, weighted) = (0.0, 0.0)
        for j in 0..<n where j != i {
          let distance = distances[i * n + j] - nearest
          let p = exponential(-beta * distance)
          conditional[i * n + j] = p
          sum += p
          weighted += p * distance
        }
        for j in 0..<n { conditional[i * n + j] /= sum }
        let difference = logarithm(sum) + beta * weighted / sum - wanted
        if abs(difference) < 1e-7 { break }
        if difference > 0 {
          low = beta
          beta = high.isInfinite ? beta * 2 : (beta + high) / 2
        } else {
          high = beta
          beta = low.isInfinite ? beta / 2 : (beta + low) / 2
        }
      }
    }
    var joint = conditional
    for i in 0..<n {
      for j in 0..<n {
        joint[i * n + j] = max((conditional[i * n + j] + conditional[j * n + i]) / (2 * Double(n)), 1e-300)
      }
    }
    return joint
  }

  /// The first two principal components, the first with a standard deviation of 1e-4; what has but one gets a little noise.
  private static func start(_ x: Tensor, _ generator: inout TorchCPUGenerator) throws -> [Double] {
    let count = min(2, min(x.shape[0], x.shape[1]))
    let components = try PrincipalComponents(x, k: count)
    let scale = 1e-4 / max(components.variance[0].squareRoot(), 1e-30)
    let scores = components.scores.toArray()
    let noise = try generator.normal([2 * x.shape[0]]).toArray()
    let isFlat = components.variance[0] == 0
    return (0..<2 * x.shape[0]).map { place in
      let (row, column) = (place / 2, place % 2)
      guard column < count, !isFlat else { return 1e-4 * Double(noise[place]) }
      return Double(scores[row * count + column]) * scale
    }
  }

  /// 4 Σ_j (p_ij − q_ij) (y_i − y_j) / (1 + |y_i − y_j|²).
  private static func gradient(
    _ p: [Double], _ y: [Double], _ exaggeration: Double, _ kernel: inout [Double], _ gradient: inout [Double]
  ) {
    let n = y.count / 2
    p.withUnsafeBufferPointer { p in
      y.withUnsafeBufferPointer { y in
        kernel.withUnsafeMutableBufferPointer { kernel in
          var total = 0.0
          for i in 0..<n {
            let (x0, y0) = (y[2 * i], y[2 * i + 1])
            var sum = 0.0
            for j in 0..<i {
              let (dx, dy) = (x0 - y[2 * j], y0 - y[2 * j + 1])
              let value = 1 / (1 + dx * dx + dy * dy)
              kernel[i * n + j] = value
              kernel[j * n + i] = value
              sum += value
            }
            kernel[i * n + i] = 0
            total += 2 * sum
          }
          let inverse = 1 / max(total, 1e-300)
          for i in 0..<n {
            let (x0, y0) = (y[2 * i], y[2 * i + 1])
            var (gx, gy) = (0.0, 0.0)
            for j in 0..<n {
              let k = kernel[i * n + j]
              let force = (exaggeration * p[i * n + j] - k * inverse) * k
              gx += force * (x0 - y[2 * j])
              gy += force * (y0 - y[2 * j + 1])
            }
            (gradient[2 * i], gradient[2 * i + 1]) = (4 * gx, 4 * gy)
          }
        }
      }
    }
  }

  private static func divergence(_ p: [Double], _ y: [Double]) -> Double {
    let n = y.count / 2
    func kernel(_ i: Int, _ j: Int) -> Double {
      let (dx, dy) = (y[2 * i] - y[2 * j], y[2 * i + 1] - y[2 * j + 1])
      return 1 / (1 + dx * dx + dy * dy)
    }
    var total = 0.0
    for i in 0..<n { for j in 0..<n where j != i { total += kernel(i, j) } }
    var divergence = 0.0
    for i in 0..<n {
      for j in 0..<n where j != i {
        divergence += p[i * n + j] * logarithm(p[i * n + j] / max(kernel(i, j) / total, 1e-300))
      }
    }
    return divergence
  }

  /// How far neighbours in an embedding are neighbours in fact (Venna and Kaski 2001): 1 where all of them are.
  ///
  /// - Parameter k: how many neighbours; below half of the points.
  public static func trustworthiness(_ x: Tensor, _ embedding: Tensor, k: Int = 5) throws -> Double {
    let points = try FeaturePoints(x, "trustworthiness", least: 3, most: 1 << 13)
    let flat = try FeaturePoints(embedding, "trustworthiness", least: 3, most: 1 << 13)
    guard points.count == flat.count else {
      throw TensorError(
        "trustworthiness: as many points as embedded ones expected, got \(points.count) and \(flat.count)")
    }
    let n = points.count
    guard k >= 1, 2 * k < n else {
      throw TensorError("trustworthiness: k from 1 to below half of the \(n) points expected, got \(k)")
    }
    var penalty = 0
    for i in 0..<n {
      try Interruption.check()
      func order(_ points: FeaturePoints) -> [Int] {
        let distances = (0..<n).map { points.squaredDistance(i, $0) }
        return (0..<n).filter { $0 != i }.sorted { (distances[$0], $0) < (distances[$1], $1) }
      }
      var rank = [Int](repeating: 0, count: n)
      for (place, j) in order(points).enumerated() { rank[j] = place + 1 }
      for j in order(flat).prefix(k) { penalty += max(0, rank[j] - k) }
    }
    return 1 - 2 * Double(penalty) / (Double(n * k) * Double(2 * n - 3 * k - 1))
  }
}
