import Tensor

extension Metrics {
  /// Structural similarity (Wang et al. 2004) as scikit-image computes it by default: uniform 7 × 7 window, sample
  /// covariance, K₁ = 0.01, K₂ = 0.03, mean over the places where the window fits and over the channels.
  ///
  /// - Parameters: two tensors {H, W} or {H, W, C} of one shape, at least 7 × 7.
  public static func ssim(_ a: Tensor, _ b: Tensor, dataRange: Double = 1) throws -> Double {
    let (x, y) = try pair("ssim", a, b)
    guard a.rank == 2 || a.rank == 3, a.shape[0] >= window, a.shape[1] >= window else {
      throw ImagingError(
        "ssim needs {H, W} or {H, W, C} of at least \(window) × \(window), got \(text(a.shape))")
    }
    let (height, width, channels) = (a.shape[0], a.shape[1], a.rank == 3 ? a.shape[2] : 1)
    var sum = 0.0
    for channel in 0..<channels {
      let u = (0..<height * width).map { Double(x[$0 * channels + channel]) }
      let v = (0..<height * width).map { Double(y[$0 * channels + channel]) }
      sum += ssim(u, v, height: height, width: width, dataRange: dataRange)
    }
    return sum / Double(channels)
  }

  private static let window = 7

  private static func ssim(_ u: [Double], _ v: [Double], height: Int, width: Int, dataRange: Double) -> Double
  {
    func means(_ values: [Double]) -> [Double] { windowMeans(values, height: height, width: width) }
    let meanU = means(u)
    let meanV = means(v)
    let meanUU = means(zip(u, u).map { $0 * $1 })
    let meanVV = means(zip(v, v).map { $0 * $1 })
    let meanUV = means(zip(u, v).map { $0 * $1 })

    let count = Double(window * window)
    let sample = count / (count - 1)
    let c1 = (0.01 * dataRange) * (0.01 * dataRange)
    let c2 = (0.03 * dataRange) * (0.03 * dataRange)
    var sum = 0.0
    for index in meanU.indices {
      let (mu, nu) = (meanU[index], meanV[index])
      let varianceU = sample * (meanUU[index] - mu * mu)
      let varianceV = sample * (meanVV[index] - nu * nu)
      let covariance = sample * (meanUV[index] - mu * nu)
      let numerator = (2 * mu * nu + c1) * (2 * covariance + c2)
      sum += numerator / ((mu * mu + nu * nu + c1) * (varianceU + varianceV + c2))
    }
    return sum / Double(meanU.count)
  }

  /// The mean under the window wherever it fits: first along rows, then along columns.
  private static func windowMeans(_ values: [Double], height: Int, width: Int) -> [Double] {
    let (rows, columns) = (height - window + 1, width - window + 1)
    var horizontal = [Double](repeating: 0, count: height * columns)
    for y in 0..<height {
      for x in 0..<columns {
        var sum = 0.0
        for k in 0..<window { sum += values[y * width + x + k] }
        horizontal[y * columns + x] = sum
      }
    }
    var means = [Double](repeating: 0, count: rows * columns)
    for y in 0..<rows {
      for x in 0..<columns {
        var sum = 0.0
        for k in 0..<window { sum += horizontal[(y + k) * columns + x] }
        means[y * columns + x] = sum / Double(window * window)
      }
    }
    return means
  }
}
