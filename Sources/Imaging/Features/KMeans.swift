import Tensor

/// Groups of points, and points that lie far apart.
public enum Clusters {
  public struct Result: Sendable {
    /// The cluster of each point, from 0.
    public let labels: [Int]
    /// {k, d}, row by row.
    public let centers: [Float]
    /// The sum of the squared distances of points from their centres.
    public let inertia: Double
    public let iterations: Int
  }

  /// k-means by Lloyd's algorithm from k-means++ (Arthur and Vassilvitskii 2007), the best of several starts by inertia.
  ///
  /// - Parameters:
  ///   - initial: {k, d}, the centres to start from, in place of random ones.
  ///   - generator: of the random starts.
  public static func kMeans(
    _ x: Tensor, k: Int, initial: Tensor? = nil, starts: Int = 10, iterations: Int = 300,
    generator: inout TorchCPUGenerator
  ) throws -> Result {
    let points = try FeaturePoints(x, "kmeans", least: 1, most: 1 << 20)
    guard k >= 1, k <= points.count else {
      throw TensorError("kmeans: k from 1 to the \(points.count) points expected, got \(k)")
    }
    if let initial {
      guard initial.shape == [k, points.width] else {
        throw TensorError(
          "kmeans: initial centres \(Shape.text([k, points.width])) expected, got \(Shape.text(initial.shape))"
        )
      }
      return try lloyd(points, try initial.elements().map(Double.init), iterations)
    }
    var best: Result?
    for _ in 0..<max(1, starts) {
      let found = try lloyd(points, plusPlus(points, k, &generator), iterations)
      if found.inertia < best?.inertia ?? .infinity || best == nil { best = found }
    }
    guard let best else { throw TensorError("kmeans: at least one start expected") }
    return best
  }

  private static func plusPlus(_ points: FeaturePoints, _ k: Int, _ generator: inout TorchCPUGenerator)
    -> [Double]
  {
    let draws = (try? generator.uniform([2 * k]).toArray()) ?? []
    func draw(_ place: Int) -> Double { place < draws.count ? Double(draws[place]) : 0.5 }
    var chosen = [min(points.count - 1, Int(draw(0) * Double(points.count)))]
    var nearest = [Double](repeating: .infinity, count: points.count)
    while chosen.count < k {
      let last = chosen[chosen.count - 1]
      var total = 0.0
      for i in 0..<points.count {
        nearest[i] = min(nearest[i], points.squaredDistance(i, last))
        total += nearest[i]
      }
      var rest = draw(chosen.count) * total
      var next = points.count - 1
      for i in 0..<points.count {
        rest -= nearest[i]
        if rest < 0 {
          next = i
          break
        }
      }
      chosen.append(next)
    }
    return chosen.flatMap { points.values[$0 * points.width..<($0 + 1) * points.width] }
  }

  private static func lloyd(_ points: FeaturePoints, _ initial: [Double], _ most: Int) throws -> Result {
    let (width, k) = (points.width, initial.count / points.width)
    var (centers, labels, inertia) = (initial, [Int](repeating: -1, count: points.count), 0.0)
    var round = 0
    while round < most {
      try Interruption.check()
      round += 1
      var isSame = true
      inertia = 0
      var distances = [Double](repeating: 0, count: points.count)
      for i in 0..<points.count {
        let (nearest, distance) = Self.nearest(points, i, centers, k)
        if labels[i] != nearest { (labels[i], isSame) = (nearest, false) }
        distances[i] = distance
        inertia += distance
      }
      if isSame { break }
      var (sums, counts) = ([Double](repeating: 0, count: centers.count), [Int](repeating: 0, count: k))
      for i in 0..<points.count {
        counts[labels[i]] += 1
        for c in 0..<width { sums[labels[i] * width + c] += points.values[i * width + c] }
      }
      for cluster in 0..<k {
        if counts[cluster] == 0 {
          // Nobody's: it takes the point that is worst served.
          let worst = distances.indices.max { distances[$0] < distances[$1] } ?? 0
          distances[worst] = 0
          for c in 0..<width { centers[cluster * width + c] = points.values[worst * width + c] }
        } else {
          for c in 0..<width {
            centers[cluster * width + c] = sums[cluster * width + c] / Double(counts[cluster])
          }
        }
      }
    }
    return Result(labels: labels, centers: centers.map { Float($0) }, inertia: inertia, iterations: round)
  }

  private static func nearest(_ points: FeaturePoints, _ i: Int, _ centers: [Double], _ k: Int) -> (
    Int, Double
  ) {
    centers.withUnsafeBufferPointer { centers in
      var (best, distance) = (0, Double.infinity)
      guard let base = centers.baseAddress else { return (best, distance) }
      for cluster in 0..<k {
        let d = points.squaredDistance(i, to: base + cluster * points.width)
        if d < distance { (best, distance) = (cluster, d) }
      }
      return (best, distance)
    }
  }

  /// Points that lie far apart: each next one is the farthest from those chosen (Gonzalez 1985, whose largest gap is at most twice the
  /// least that is possible).
  ///
  /// - Parameter start: the first one, from 0; by default the one farthest from the mean of all.
  public static func farthest(_ x: Tensor, k: Int, start: Int? = nil) throws -> [Int] {
    let points = try FeaturePoints(x, "farthest", least: 1, most: 1 << 20)
    guard k >= 1, k <= points.count else {
      throw TensorError("farthest: k from 1 to the \(points.count) points expected, got \(k)")
    }
    var mean = [Double](repeating: 0, count: points.width)
    for i in 0..<points.count {
      for c in 0..<points.width { mean[c] += points.values[i * points.width + c] / Double(points.count) }
    }
    func first(_ values: [Double]) -> Int { values.indices.max { values[$0] < values[$1] } ?? 0 }
    var chosen = [start ?? first((0..<points.count).map { points.squaredDistance($0, to: mean) })]
    var nearest = [Double](repeating: .infinity, count: points.count)
    while chosen.count < k {
      try Interruption.check()
      for i in 0..<points.count {
        nearest[i] = min(nearest[i], points.squaredDistance(i, chosen[chosen.count - 1]))
      }
      for i in chosen { nearest[i] = -1 }
      chosen.append(first(nearest))
    }
    return chosen
  }
}
