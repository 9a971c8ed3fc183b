/// A mean of what is true, from many cheap predictions of it and a few labels: a judge's answers to all pictures, put right by
/// how it answered to those that an eye has seen (Angelopoulos et al. 2023, with the weight of Angelopoulos, Duchi and Zrnic
/// 2023).
///
/// θ = mean of truth + w · (mean of predictions without labels − mean of predictions with labels). The interval is right
/// whatever the predictions are worth, as long as those with labels are a sample of the same kind of observations.
public struct PredictionPowered: Equatable, Sendable {
  public let estimate: Double
  public let standardError: Double
  public let interval: Interval
  /// How much the predictions count, from 0 (labels alone) to 1.
  public let weight: Double

  /// Predictions of one kind, with the units of their observations where those come in clusters.
  public struct Predictions: Sendable {
    let values: [Double]
    let units: Units?

    public init(_ values: [Double], units: Units? = nil) { (self.values, self.units) = (values, units) }

    fileprivate func error(_ values: [Double]) throws -> (square: Double, degrees: Double) {
      if let units {
        let mean = try ClusteredMean(values, units: units)
        return (mean.standardError * mean.standardError, mean.degrees)
      }
      return (try Sample(values).variance() / Double(values.count), Double(values.count - 1))
    }
  }

  /// - Parameters:
  ///   - truth: the labels.
  ///   - labelled: the predictions of the same observations.
  ///   - unlabelled: the predictions of all others.
  ///   - weight: nil for the one of least variance, Cov(truth, prediction) / ((1 + n/N) Var(prediction)) within 0 … 1.
  public init(
    truth: [Double], labelled: Predictions, unlabelled: Predictions, weight: Double? = nil,
    level: Double = 0.95
  ) throws {
    try Level.check(level)
    let pairs = try PairedSample(truth, labelled.values, atLeast: 2)
    let others = try Sample(unlabelled.values)
    guard others.count >= 2 else {
      throw StatisticsError("at least two predictions without labels expected, got \(others.count)")
    }
    if let weight, !(weight >= 0 && weight <= 1) {
      throw StatisticsError("weight between 0 and 1 expected, got \(weight)")
    }
    let weight = weight ?? Self.bestWeight(pairs, others)
    let rest = zip(truth, labelled.values).map { $0 - weight * $1 }
    let (own, other) = (try labelled.error(rest), try unlabelled.error(others.values))
    let error = (own.square + weight * weight * other.square).squareRoot()
    // Labels are the few: their degrees bound what is known of the error.
    let half = StudentT.reach(level, degrees: own.degrees) * error
    estimate = try Sample(rest).mean + weight * others.mean
    standardError = error
    interval = Interval(low: estimate - half, high: estimate + half)
    self.weight = weight
  }

  private static func bestWeight(_ pairs: PairedSample, _ others: Sample) -> Double {
    let (truth, seen) = (Deviations(pairs.x), Deviations(pairs.y))
    let all = Deviations(known: pairs.y.values + others.values)
    let variance = all.sumOfSquares / Double(all.values.count - 1) * all.scale * all.scale
    guard variance > 0 else { return 0 }
    let covariance =
      zip(truth.values, seen.values).reduce(0) { $0 + $1.0 * $1.1 } * truth.scale * seen.scale
      / Double(pairs.count - 1)
    let ratio = Double(pairs.count) / Double(others.count)
    return max(0, min(1, covariance / ((1 + ratio) * variance)))
  }
}
