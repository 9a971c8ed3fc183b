import Tensor

/// Points {n, d} as rows of doubles, for what is computed point by point.
struct FeaturePoints {
  let count: Int
  let width: Int
  let values: [Double]

  /// - Parameter most: how many points there may be.
  init(_ x: Tensor, _ name: String, least: Int, most: Int) throws {
    guard x.rank == 2, x.shape[0] >= least, x.shape[0] <= most, x.shape[1] > 0 else {
      throw TensorError(
        "\(name): points {n, d} expected, n from \(least) to \(most), got \(Shape.text(x.shape))")
    }
    values = try x.elements(copies: 6).map(Double.init)
    guard values.allSatisfy(\.isFinite) else {
      throw TensorError("\(name): the points hold an infinity or NaN")
    }
    (count, width) = (x.shape[0], x.shape[1])
  }

  /// |x_i − y|².
  func squaredDistance(_ i: Int, to y: UnsafePointer<Double>) -> Double {
    values.withUnsafeBufferPointer { values in
      var sum = 0.0
      for k in 0..<width {
        let difference = values[i * width + k] - y[k]
        sum += difference * difference
      }
      return sum
    }
  }

  func squaredDistance(_ i: Int, _ j: Int) -> Double {
    values.withUnsafeBufferPointer { values in
      guard let base = values.baseAddress else { return 0 }
      return squaredDistance(i, to: base + j * width)
    }
  }

  /// All |x_i − x_j|², row by row.
  func squaredDistances() throws -> [Double] {
    var distances = [Double](repeating: 0, count: count * count)
    for i in 0..<count {
      try Interruption.check()
      for j in 0..<i {
        let distance = squaredDistance(i, j)
        distances[i * count + j] = distance
        distances[j * count + i] = distance
      }
    }
    return distances
  }
}
