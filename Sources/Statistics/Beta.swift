import Glibc

/// The beta distribution, and what rests on it: Student's t and the binomial distribution.
public enum Beta {
  /// The regularised incomplete beta function I_x(a, b), by its continued fraction (DLMF 8.17.22).
  static func cumulative(_ x: Double, _ a: Double, _ b: Double) -> Double {
    if x <= 0 { return 0 }
    if x >= 1 { return 1 }
    // The fraction converges fast on this side of the mean, and I_x(a, b) = 1 − I_{1−x}(b, a).
    if x > (a + 1) / (a + b + 2) { return 1 - cumulative(1 - x, b, a) }
    let front = exp(a * log(x) + b * log1p(-x) - logBeta(a, b)) / a
    return front * fraction(x, a, b)
  }

  /// The x with I_x(a, b) = p.
  public static func quantile(_ p: Double, _ a: Double, _ b: Double) -> Double {
    if p <= 0 { return 0 }
    if p >= 1 { return 1 }
    var (low, high) = (0.0, 1.0)
    while true {
      let middle = (low + high) / 2
      guard middle > low, middle < high else { return middle }
      if cumulative(middle, a, b) < p { low = middle } else { high = middle }
    }
  }

  private static func logBeta(_ a: Double, _ b: Double) -> Double { lgamma(a) + lgamma(b) - lgamma(a + b) }

  /// Lentz's method.
  private static func fraction(_ x: Double, _ a: Double, _ b: Double) -> Double {
    let tiny = 1e-300
    func guarded(_ value: Double) -> Double { abs(value) < tiny ? tiny : value }
    var c = 1.0
    var d = 1 / guarded(1 - (a + b) * x / (a + 1))
    var result = d
    for step in 1...10_000 {
      let m = Double(step)
      for numerator in [
        m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
        -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
      ] {
        d = 1 / guarded(1 + numerator * d)
        c = guarded(1 + numerator / c)
        result *= c * d
      }
      if abs(c * d - 1) < 1e-16 { break }
    }
    return result
  }
}

/// Student's t distribution.
enum StudentT {
  /// P(|T| ≥ |t|).
  static func twoSided(_ t: Double, degrees: Double) -> Double {
    t.isInfinite ? 0 : Beta.cumulative(degrees / (degrees + t * t), degrees / 2, 0.5)
  }

  /// The t that |T| stays below with this probability.
  static func reach(_ level: Double, degrees: Double) -> Double {
    let x = Beta.quantile(1 - level, degrees / 2, 0.5)
    return (degrees * (1 - x) / x).squareRoot()
  }
}

/// The binomial distribution of n fair coins.
enum FairCoins {
  /// min(1, 2 P(X ≤ min(k, n − k))): the two-sided p value of k heads.
  static func twoSided(_ k: Int, of n: Int) -> Double {
    let tail = min(k, n - k)
    guard n > 0 else { return 1 }
    // P(X ≤ k) = I_{1−p}(n − k, k + 1)
    return min(1, 2 * Beta.cumulative(0.5, Double(n - tail), Double(tail) + 1))
  }
}
