import Glibc

/// Finite numbers, at least one.
public struct Sample: Sendable {
  public let values: [Double]

  /// - Throws: for an empty list and for nan and infinities, naming the place, counted from 1.
  public init(_ values: [Double]) throws {
    guard !values.isEmpty else { throw StatisticsError("at least one number expected, got an empty list") }
    if let place = values.firstIndex(where: { !$0.isFinite }) {
      throw StatisticsError("finite numbers expected, got \(values[place]) at [\(place + 1)]")
    }
    self.values = values
  }

  /// Numbers that are known to be finite and at least one.
  fileprivate init(known values: [Double]) { self.values = values }

  public var count: Int { values.count }

  /// Exact to the last digits whatever the offset: what is left over by a first mean is added to it.
  public var mean: Double {
    guard let first = values.first, !isConstant else { return values[0] }
    var mean = values.reduce(0, +) / Double(count)
    // Numbers so large that their sum is none.
    if !mean.isFinite { mean = values.reduce(0) { $0 + $1 / Double(count) } }
    guard mean.isFinite else { return first / 2 + values[count - 1] / 2 }
    let rest = values.reduce(0) { $0 + ($1 - mean) }
    return rest.isFinite ? mean + rest / Double(count) : mean
  }

  /// Whether all are one number.
  var isConstant: Bool { values.allSatisfy { $0 == values[0] } }

  /// Σ (x − mean)².
  public var sumOfSquares: Double {
    let deviations = Deviations(self)
    return deviations.sumOfSquares * deviations.scale * deviations.scale
  }

  /// With n − 1 below.
  public func variance() throws -> Double {
    guard count > 1 else { throw StatisticsError("a variance needs at least two numbers, got one") }
    return sumOfSquares / Double(count - 1)
  }

  public func standardDeviation() throws -> Double {
    guard count > 1 else { return try variance().squareRoot() }
    let deviations = Deviations(self)
    return (deviations.sumOfSquares / Double(count - 1)).squareRoot() * deviations.scale
  }

  public var median: Double { Self.quantile(0.5, ofSorted: values.sorted()) }

  /// Linear between the order statistics (Hyndman and Fan's type 7, as NumPy and R do by default).
  ///
  /// - Parameter p: in 0 … 1.
  public func quantile(_ p: Double) throws -> Double {
    guard p >= 0, p <= 1 else { throw StatisticsError("quantile between 0 and 1 expected, got \(p)") }
    return Self.quantile(p, ofSorted: values.sorted())
  }

  static func quantile(_ p: Double, ofSorted sorted: [Double]) -> Double {
    guard !p.isNaN else { return .nan }
    let place = min(max(p, 0), 1) * Double(sorted.count - 1)
    let below = Int(place.rounded(.down))
    let above = min(below + 1, sorted.count - 1)
    let (part, step) = (place - Double(below), sorted[above] - sorted[below])
    return step.isFinite ? sorted[below] + part * step : sorted[below] * (1 - part) + sorted[above] * part
  }
}

/// How far numbers lie from their mean, in units of a power of two near the largest distance, so that squares and products
/// neither overflow nor vanish, and that no offset costs digits.
struct Deviations {
  let mean: Double
  /// What the mean would be more than the nearest double to it.
  let remainder: Double
  let scale: Double
  /// (x − mean) / scale
  let values: [Double]

  /// Numbers that are known to be finite and at least one.
  init(known values: [Double]) { self.init(Sample(known: values)) }

  init(_ sample: Sample) {
    mean = sample.mean
    // The distance of two finite numbers need not be one; the smallest of all has no half.
    let largest = sample.values.reduce(0) { [mean] in max($0, abs($1 - mean)) }
    let exponent = largest.isFinite ? largest.exponent : Double.greatestFiniteMagnitude.exponent
    scale = largest > 0 ? Double(sign: .plus, exponent: exponent, significand: 1) : 1
    let distances = sample.values.map { [mean, scale] in
      let distance = $0 - mean
      return distance.isFinite ? distance / scale : $0 / scale - mean / scale
    }
    let rest = distances.reduce(0, +) / Double(distances.count)
    remainder = rest * scale
    values = distances.map { $0 - rest }
  }

  /// In units of the square of `scale`.
  var sumOfSquares: Double { values.reduce(0) { $0 + $1 * $1 } }

  /// The first mean minus the second.
  static func difference(_ a: Deviations, _ b: Deviations) -> Double {
    (a.mean - b.mean) + (a.remainder - b.remainder)
  }
}

/// Pairs of finite numbers.
struct PairedSample {
  let x: Sample
  let y: Sample
  var count: Int { x.count }

  init(_ x: [Double], _ y: [Double], atLeast least: Int = 1) throws {
    guard x.count == y.count else {
      throw StatisticsError("lists of equal length expected, got \(x.count) and \(y.count) numbers")
    }
    guard x.count >= least else {
      throw StatisticsError("at least \(least) pairs expected, got \(x.count)")
    }
    (self.x, self.y) = (try Sample(x), try Sample(y))
  }
}
