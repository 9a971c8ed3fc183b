/// What a statistic might have been, had other samples been drawn (Efron and Tibshirani 1993, chapters 13 and 14).
public struct Bootstrap: Sendable {
  /// The statistic of the sample itself.
  public let estimate: Double
  /// The statistic of each resample, sorted.
  public let replicates: [Double]
  /// The statistic without each observation in turn: what the BCa interval needs beyond the percentile interval.
  public let jackknife: [Double]

  public init(estimate: Double, replicates: [Double], jackknife: [Double]) throws {
    guard replicates.count >= 2 else {
      throw StatisticsError("at least two resamples expected, got \(replicates.count)")
    }
    guard estimate.isFinite, replicates.allSatisfy(\.isFinite), jackknife.allSatisfy(\.isFinite) else {
      throw StatisticsError("a statistic that is finite for every resample expected")
    }
    self.estimate = estimate
    self.replicates = replicates.sorted()
    self.jackknife = jackknife
  }

  /// Draws `resamples` times `count` of `count` observations with replacement.
  ///
  /// - Parameter statistic: of the observations with these indices, from 0, with repetitions.
  public init(
    count: Int, resamples: Int, withJackknife: Bool, using generator: inout some RandomNumberGenerator,
    statistic: ([Int]) throws -> Double
  ) throws {
    try self.init(
      draws: count, observations: count, resamples: resamples, withJackknife: withJackknife, using: &generator
    ) { try statistic($0) }
  }

  /// Draws whole units with replacement, as many as there are. Of pairs of units each enters as often as both of its
  /// members were drawn (Owen's pigeonhole bootstrap, 2007).
  ///
  /// - Parameter statistic: of the observations with these indices, from 0, with repetitions.
  public init(
    units: Units, resamples: Int, withJackknife: Bool, using generator: inout some RandomNumberGenerator,
    statistic: ([Int]) throws -> Double
  ) throws {
    try units.check(units.observations)
    let members = units.members
    try self.init(
      draws: units.numbers, observations: units.observations, resamples: resamples,
      withJackknife: withJackknife,
      using: &generator
    ) { drawn in
      guard let second = units.second else { return try statistic(drawn.flatMap { members[$0] }) }
      var times = [Int](repeating: 0, count: units.numbers)
      for unit in drawn { times[unit] += 1 }
      let indices = units.first.indices.flatMap { place in
        let (a, b) = (units.first[place], second[place])
        return repeatElement(place, count: a == b ? times[a] : times[a] * times[b])
      }
      // Units that have no pair among them say nothing.
      return indices.isEmpty ? nil : try statistic(indices)
    }
  }

  /// - Parameter statistic: nil for draws that are to be made again.
  private init(
    draws count: Int, observations: Int, resamples: Int, withJackknife: Bool,
    using generator: inout some RandomNumberGenerator, statistic: ([Int]) throws -> Double?
  ) throws {
    guard count >= 1 else { throw StatisticsError("at least one observation expected, got none") }
    guard (2...1_000_000).contains(resamples) else {
      throw StatisticsError("2 to a million resamples expected, got \(resamples)")
    }
    // Each resample looks at each observation, and so does the jackknife for each that it leaves out.
    guard Double(observations) * Double(withJackknife ? resamples + count : resamples) <= 1e11 else {
      throw StatisticsError(
        "\(resamples) resamples of \(observations) observations take too long; percentiles need no jackknife")
    }
    let all = Array(0..<count)
    let estimate = try statistic(all) ?? .nan
    var indices = all
    var replicates: [Double] = []
    var empty = 0
    while replicates.count < resamples {
      for place in all { indices[place] = generator.index(below: count) }
      if let replicate = try statistic(indices) { replicates.append(replicate) } else { empty += 1 }
      guard empty <= 100 * resamples else {
        throw StatisticsError("the draws of clusters hardly ever hold a pair: there are too few pairs")
      }
    }
    let jackknife =
      withJackknife && count > 1
      ? try all.compactMap { left in try statistic(all.filter { $0 != left }) } : []
    try self.init(estimate: estimate, replicates: replicates, jackknife: jackknife)
  }

  /// The standard deviation of the replicates.
  public var standardError: Double {
    let deviations = Deviations(known: replicates)
    return (deviations.sumOfSquares / Double(replicates.count - 1)).squareRoot() * deviations.scale
  }

  public func percentile(level: Double = 0.95) throws -> Interval {
    try Level.check(level)
    return interval((1 - level) / 2, (1 + level) / 2)
  }

  /// Bias-corrected and accelerated: second-order right for skewed statistics. Where all replicates are one number, so
  /// are its ends.
  ///
  /// - Throws: without a jackknife, and where the replicates all lie on one side of the estimate.
  public func bca(level: Double = 0.95) throws -> Interval {
    try Level.check(level)
    // The same sum in another order need not be the same number.
    let rounding = replicates.reduce(0) { max($0, abs($1)) } * 16 * Double.ulpOfOne
    if let low = replicates.first, let high = replicates.last, high - low <= rounding,
      abs(low - estimate) <= rounding
    {
      return Interval(low: estimate, high: estimate)
    }
    guard jackknife.count > 1 else { throw StatisticsError("BCa needs at least two observations") }
    let below =
      replicates.count { $0 < estimate - rounding } + replicates.count { $0 <= estimate + rounding }
    let bias = Normal.quantile(Double(below) / Double(2 * replicates.count))
    guard bias.isFinite else {
      throw StatisticsError("BCa needs replicates on both sides of the estimate: take percentiles")
    }
    let acceleration = acceleration
    func adjusted(_ p: Double) -> Double {
      let z = bias + Normal.quantile(p)
      return Normal.cumulative(bias + z / (1 - acceleration * z))
    }
    return interval(adjusted((1 - level) / 2), adjusted((1 + level) / 2))
  }

  private var acceleration: Double {
    let differences = Deviations(known: jackknife).values.map { -$0 }
    let squares = differences.reduce(0) { $0 + $1 * $1 }
    guard squares > 0 else { return 0 }
    return differences.reduce(0) { $0 + $1 * $1 * $1 } / (6 * squares * squares.squareRoot())
  }

  private func interval(_ low: Double, _ high: Double) -> Interval {
    Interval(
      low: Sample.quantile(low, ofSorted: replicates), high: Sample.quantile(high, ofSorted: replicates))
  }
}

extension RandomNumberGenerator {
  /// A number of 0 ..< bound. Written out, as the standard library's way may change between its versions; its bias is
  /// below bound / 2⁶⁴.
  mutating func index(below bound: Int) -> Int { Int(next().multipliedFullWidth(by: UInt64(bound)).high) }
}
