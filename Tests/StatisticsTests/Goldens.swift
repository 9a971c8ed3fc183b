import Foundation
import Statistics

/// Samples with what SciPy and statsmodels make of them: Scripts/dev/goldens/statistical_tests.py.
struct Goldens: Decodable {
  struct Describe: Decodable {
    let x: [Double], mean: Double, variance: Double, median: Double, p: [Double], quantiles: [Double]
  }
  struct Distributions: Decodable {
    let z: [Double], cumulative: [Double], p: [Double], quantiles: [Double]
    let t: [Double], degrees: [Double], tTwoSided: [Double], tReach: [Double]
  }
  struct Share: Decodable {
    let k: Int, n: Int, wilson95: [Double], exact95: [Double], wilson99: [Double], exact99: [Double]
  }
  struct Difference: Decodable { let counts: [Int], interval: [Double] }
  struct Bootstrapped: Decodable {
    let estimate: Double, jackknife: [Double], replicates: [Double], standardError: Double
    let percentile: [Double], bca: [Double]
  }
  struct Permuted: Decodable { let a: [Double], b: [Double], unpaired: Double, paired: Double? }
  struct Correlated: Decodable {
    let x: [Double], y: [Double], pearson: [Double], spearman: [Double], kendall: [Double]
    let pearsonInterval: [Double], spearmanInterval: [Double], kendallInterval: [Double]
  }
  struct Ranked: Decodable {
    let a: [Double], b: [Double], u: Double, p: Double, delta: Double, d: Double
  }
  struct Signs: Decodable { let first: Int, second: Int, p: Double }
  struct Corrections: Decodable { let p: [Double], holm: [Double] }
  struct Coefficients: Decodable {
    let estimates: [Double], errors: [Double], p: [Double], low: [Double], high: [Double]
  }
  struct Regression: Decodable {
    let x: [[Double]], y: [Double], yes: [Bool], clusters: [Int]
    let linear: Coefficients, logistic: Coefficients
    let linearClustered: Coefficients?, logisticClustered: Coefficients?
    let rSquared: Double, logLikelihood: Double, nullLogLikelihood: Double
  }

  struct Offset: Decodable {
    let a: [Double], b: [Double], mean: Double, sd: Double, pearson: [Double], d: Double, difference: Double
  }

  let tiedPermutations: [Permuted], offsets: [Offset], farRegressions: [Regression]
  let describe: Describe, distributions: Distributions, proportions: [Share], differences: [Difference]
  let bootstraps: [Bootstrapped], permutations: [Permuted], correlations: [Correlated], ranks: [Ranked]
  let signs: [Signs], corrections: Corrections, regressions: [Regression]

  static func read() throws -> Goldens {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Goldens")
    return try JSONDecoder().decode(
      Goldens.self, from: Data(contentsOf: folder.appendingPathComponent("statistics.json")))
  }
}

/// Equal up to rounding: relatively, and absolutely near 0.
func near(_ a: Double, _ b: Double, _ tolerance: Double = 1e-10) -> Bool {
  a == b || abs(a - b) <= tolerance * max(1e-3, abs(b))
}

func near(_ a: [Double], _ b: [Double], _ tolerance: Double = 1e-10) -> Bool {
  a.count == b.count && zip(a, b).allSatisfy { near($0, $1, tolerance) }
}

func near(_ a: Interval?, _ b: [Double], _ tolerance: Double = 1e-10) -> Bool {
  a.map { near([$0.low, $0.high], b, tolerance) } ?? false
}

/// Equal relatively, however small.
func close(_ a: Double, _ b: Double, _ tolerance: Double) -> Bool {
  a == b || abs(a - b) <= tolerance * max(abs(a), abs(b))
}

func close(_ a: [Double], _ b: [Double], _ tolerance: Double) -> Bool {
  a.count == b.count && zip(a, b).allSatisfy { close($0, $1, tolerance) }
}

/// Knuth's linear congruential generator: numbers that are the same everywhere.
struct TestGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return (state ^ state >> 31) &* 0x9E37_79B9_7F4A_7C15
  }
}
