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

  public var count: Int { values.count }

  public var mean: Double { values.reduce(0, +) / Double(count) }

  /// Σ (x − mean)².
  public var sumOfSquares: Double {
    let mean = mean
    return values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
  }

  /// With n − 1 below.
  public func variance() throws -> Double {
    guard count > 1 else { throw StatisticsError("a variance needs at least two numbers, got one") }
    return sumOfSquares / Double(count - 1)
  }

  public func standardDeviation() throws -> Double { try variance().squareRoot() }

  public var median: Double { Self.quantile(0.5, ofSorted: values.sorted()) }

  /// Linear between the order statistics (Hyndman and Fan's type 7, as NumPy and R do by default).
  ///
  /// - Parameter p: in 0 … 1.
  public func quantile(_ p: Double) throws -> Double {
    guard p >= 0, p <= 1 else { throw StatisticsError("quantile between 0 and 1 expected, got \(p)") }
    return Self.quantile(p, ofSorted: values.sorted())
  }

  static func quantile(_ p: Double, ofSorted sorted: [Double]) -> Double {
    let place = p * Double(sorted.count - 1)
    let below = Int(place.rounded(.down))
    let above = min(below + 1, sorted.count - 1)
    return sorted[below] + (place - Double(below)) * (sorted[above] - sorted[below])
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
