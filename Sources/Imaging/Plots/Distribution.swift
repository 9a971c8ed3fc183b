import Glibc
import Statistics

/// What a box or a violin shows of a set of numbers.
struct Distribution {
  /// Finite, in rising order; never empty.
  let values: [Double]

  /// `nil` where no number is finite.
  init?(_ values: [Double]) {
    self.values = values.filter(\.isFinite).sorted()
    if self.values.isEmpty { return nil }
  }

  /// Linear between the order statistics.
  func quantile(_ p: Double) -> Double {
    (try? Sample(values).quantile(p)) ?? .nan
  }

  /// Tukey's box: quartiles, whiskers to the outermost values within 1.5 times the box's height, and what lies beyond.
  var box:
    (low: Double, quarter: Double, median: Double, threeQuarters: Double, high: Double, outliers: [Double])
  {
    let (quarter, threeQuarters) = (quantile(0.25), quantile(0.75))
    let reach = 1.5 * (threeQuarters - quarter)
    let inside = values.filter { $0 >= quarter - reach && $0 <= threeQuarters + reach }
    let outliers = values.filter { $0 < quarter - reach || $0 > threeQuarters + reach }
    // A whisker never points into the box.
    let (low, high) = (
      min(inside.first ?? quarter, quarter), max(inside.last ?? threeQuarters, threeQuarters)
    )
    return (low, quarter, quantile(0.5), threeQuarters, high, outliers)
  }

  /// A Gaussian kernel estimate of the density at `count` places from the smallest to the largest value, with Scott's width
  /// σ n^(−1/5) (D. W. Scott, "Multivariate Density Estimation", 1992). One value, or values that are all the same, have none.
  func density(at count: Int) -> [(value: Double, density: Double)] {
    guard values.count > 1, let low = values.first, let high = values.last, low < high,
      let deviation = try? Sample(values).standardDeviation(), deviation > 0, deviation.isFinite
    else { return [] }
    let width = deviation * pow(Double(values.count), -0.2)
    let scale = 1 / (Double(values.count) * width * (2 * Double.pi).squareRoot())
    return (0..<count).map { index in
      let share = Double(index) / Double(count - 1)
      let place = low * (1 - share) + high * share
      let sum = values.reduce(0.0) { sum, value in
        let distance = (place - value) / width
        return sum + exp(-0.5 * distance * distance)
      }
      return (place, sum * scale)
    }
  }
}
