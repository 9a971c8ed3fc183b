/// A mean of observations that come in clusters, or the difference of two such means: t with one degree less than there are
/// clusters.
public struct ClusteredMean: Equatable, Sendable {
  public let estimate: Double
  public let standardError: Double
  /// One less than there are clusters.
  public let degrees: Double
  public let interval: Interval
  /// Two-sided, of the estimate being 0.
  public let pValue: Double
  /// How many clusters there are.
  public let clusters: Int
  public let count: Int

  /// The mean of all observations.
  ///
  /// - Parameter null: what the p value is of: the mean being this.
  public init(_ values: [Double], units: Units, null: Double = 0, level: Double = 0.95) throws {
    let sample = try Sample(values)
    try units.check(values.count)
    let deviations = Deviations(sample)
    let variance =
      units.areDyads
      ? units.jackknifed { places in [Self.mean(deviations.values, places) ?? 0] }[0]
      : units.variance(deviations.values.map { $0 / Double(values.count) })
    let error = variance.squareRoot()
    try self.init(
      deviations.mean, error: error * deviations.scale, units: units, count: values.count, null: null,
      level: level)
  }

  /// The mean of the first sample minus that of the second.
  ///
  /// - Parameter units: of all observations, those of the second after those of the first. Units may have observations in
  ///   both.
  public init(_ a: [Double], minus b: [Double], units: Units, level: Double = 0.95) throws {
    let (first, second) = (Deviations(try Sample(a)), Deviations(try Sample(b)))
    try units.check(a.count + b.count)
    let scale = max(first.scale, second.scale)
    func influences(_ deviations: Deviations, _ sign: Double) -> [Double] {
      let unit = sign * (deviations.scale / scale) / Double(deviations.values.count)
      return deviations.values.map { $0 * unit }
    }
    let count = Double(a.count + b.count)
    let correction = count > 2 ? (count - 1) / (count - 2) : 1
    let all =
      first.values.map { $0 * (first.scale / scale) } + second.values.map { $0 * (second.scale / scale) }
    let variance =
      units.areDyads
      ? units.jackknifed { places in
        // A list that is left empty has moved nowhere from its mean.
        let (own, other) = (places.filter { $0 < a.count }, places.filter { $0 >= a.count })
        return [(Self.mean(all, own) ?? 0) - (Self.mean(all, other) ?? 0)]
      }[0] : units.variance(influences(first, 1) + influences(second, -1)) * correction
    try self.init(
      Deviations.difference(first, second), error: variance.squareRoot() * scale, units: units,
      count: a.count + b.count, null: 0, level: level)
  }

  private static func mean(_ values: [Double], _ places: [Int]) -> Double? {
    places.isEmpty ? nil : places.reduce(0) { $0 + values[$1] } / Double(places.count)
  }

  private init(
    _ estimate: Double, error: Double, units: Units, count: Int, null: Double, level: Double
  ) throws {
    try Level.check(level)
    let degrees = Double(units.count - 1)
    let half = StudentT.reach(level, degrees: degrees) * error
    let distance = estimate - null
    self.estimate = estimate
    standardError = error
    self.degrees = degrees
    interval = Interval(low: estimate - half, high: estimate + half)
    pValue = distance == 0 ? 1 : StudentT.twoSided(distance / error, degrees: degrees)
    clusters = units.count
    self.count = count
  }
}

/// A share of yes among answers that come in clusters.
public struct ClusteredShare: Equatable, Sendable {
  public let estimate: Double
  public let interval: Interval
  /// So many independent answers would say as much.
  public let effectiveCount: Double
  public let clusters: Int
  public let count: Int

  /// Wilson's interval on the effective number of answers, with t for z (Kott, Andersson and Nerman 2001; Dean and Pagano
  /// 2015). Where all answers are the same, nothing tells how alike those of one cluster are, and each cluster counts as one
  /// answer.
  public init(_ answers: [Bool], units: Units, level: Double = 0.95) throws {
    let share = try Proportion(answers.count { $0 }, of: answers.count)
    try units.check(answers.count)
    try Level.check(level)
    let (p, n) = (share.estimate, Double(answers.count))
    let variance: Double
    if units.areDyads {
      variance =
        units.jackknifed { places in [places.reduce(0) { $0 + (answers[$1] ? 1 : 0) } / Double(places.count)]
        }[0]
    } else {
      variance = units.variance(answers.map { (($0 ? 1 : 0) - p) / n })
    }
    let independent = p * (1 - p)
    let effective =
      independent == 0 ? Double(units.count) : min(n, max(1, independent / max(variance, 1e-300)))
    estimate = p
    effectiveCount = min(n, effective)
    interval = Proportion.score(
      p, of: effectiveCount, reach: StudentT.reach(level, degrees: Double(units.count - 1)))
    clusters = units.count
    count = answers.count
  }
}
