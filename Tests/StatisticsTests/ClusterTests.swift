import Foundation
import Testing

@testable import Statistics

/// Observations in clusters with what statsmodels, SciPy, ppi_py and brute force make of them:
/// Scripts/dev/goldens/clusters.py.
private struct ClusterGoldens: Decodable {
  struct Told: Decodable { let estimate: Double, error: Double, interval: [Double], weight: Double? }
  struct Mean: Decodable {
    let x: [Double], clusters: [Int], estimate: Double, error: Double, interval: [Double], p: Double
  }
  struct Dyads: Decodable {
    let x: [Double], pairs: [[Int]], estimate: Double, error: Double, interval: [Double]
  }
  struct Fit: Decodable { let estimates: [Double], errors: [Double] }
  struct Regression: Decodable {
    let x: [[Double]], y: [Double], yes: [Bool], pairs: [[Int]], linear: Fit, logistic: Fit
  }
  struct Difference: Decodable {
    let a: [Double], b: [Double], clusters: [Int], estimate: Double, error: Double, interval: [Double]
  }
  struct Share: Decodable {
    let yes: [Bool], clusters: [Int], level: Double, effective: Double, interval: [Double]
  }
  struct Permuted: Decodable {
    let a: [Double], b: [Double], clusters: [Int], paired: Double, chosen: Int, unpaired: Double
  }
  struct Simultaneous: Decodable { let outcomes: [[Double]], reach: Double }
  struct Powered: Decodable {
    let truth: [Double], labelled: [Double], unlabelled: [Double], full: Told, half: Told, weight: Double
  }

  let means: [Mean], dyads: [Dyads], regression: Regression, differences: [Difference], shares: [Share]
  let permutations: [Permuted], simultaneous: [Simultaneous], powered: [Powered]

  static func read() throws -> ClusterGoldens {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Goldens")
    return try JSONDecoder().decode(
      ClusterGoldens.self, from: Data(contentsOf: folder.appendingPathComponent("clusters.json")))
  }
}

private func units(_ pairs: [[Int]]) -> Units { Units(pairs: pairs.map { ($0[0], $0[1]) }) }

@Suite struct ClusterTests {
  private let goldens: ClusterGoldens
  init() throws { goldens = try ClusterGoldens.read() }

  @Test func meansOfClusters() throws {
    for expected in goldens.means {
      let found = try ClusteredMean(expected.x, units: Units(expected.clusters))
      #expect(near(found.estimate, expected.estimate))
      #expect(near(found.standardError, expected.error, 1e-8))
      #expect(near(found.interval, expected.interval, 1e-8))
      #expect(near(found.pValue, expected.p, 1e-7))
      // Which null is asked for moves the p value and nothing else.
      let other = try ClusteredMean(expected.x, units: Units(expected.clusters), null: expected.estimate)
      #expect(other.interval == found.interval && other.pValue > 0.99)
    }
  }

  @Test func meansOverPairs() throws {
    for expected in goldens.dyads {
      let found = try ClusteredMean(expected.x, units: units(expected.pairs))
      #expect(near(found.standardError, expected.error, 1e-9))
      #expect(near(found.interval, expected.interval, 1e-9))
      // Neither the order of the observations nor which member stands first among equals matters.
      let turned = Units(pairs: expected.pairs.reversed().map { ($0[1], $0[0]) })
      let again = try ClusteredMean(expected.x.reversed(), units: turned)
      #expect(near(again.standardError, found.standardError))
    }
  }

  @Test func regressionsOverPairs() throws {
    let expected = goldens.regression
    let names = ["x0", "x1"]
    let linear = try LinearRegression(
      expected.y, on: expected.x, names: names, clusters: units(expected.pairs))
    #expect(near(linear.coefficients.map(\.standardError), expected.linear.errors, 1e-9))
    let logistic = try LogisticRegression(
      expected.yes, on: expected.x, names: names, clusters: units(expected.pairs))
    #expect(near(logistic.coefficients.map(\.estimate), expected.logistic.estimates, 1e-7))
    #expect(near(logistic.coefficients.map(\.standardError), expected.logistic.errors, 1e-7))
  }

  @Test func differencesOfClusters() throws {
    for expected in goldens.differences {
      let found = try ClusteredMean(expected.a, minus: expected.b, units: Units(expected.clusters))
      #expect(near(found.estimate, expected.estimate))
      #expect(near(found.standardError, expected.error, 1e-9))
      #expect(near(found.interval, expected.interval, 1e-8))
    }
  }

  @Test func sharesOfClusters() throws {
    for expected in goldens.shares {
      let found = try ClusteredShare(expected.yes, units: Units(expected.clusters), level: expected.level)
      #expect(near(found.effectiveCount, expected.effective, 1e-9))
      #expect(near(found.interval, expected.interval, 1e-8))
    }
    // All alike: each cluster is one answer, and the interval does not close.
    let none = try ClusteredShare([Bool](repeating: false, count: 30), units: Units((0..<30).map { $0 / 10 }))
    #expect(none.effectiveCount == 3 && none.interval.low == 0 && none.interval.high > 0.5)
    // Answers that are independent say what Wilson says, but for t.
    let answers = (0..<4000).map { $0 % 4 == 0 }
    let alone = try ClusteredShare(answers, units: Units(Array(0..<4000)))
    #expect(near(alone.interval, [0.23682, 0.26366], 1e-3))
  }

  @Test func permutationsOfWholeClusters() throws {
    var generator = TestGenerator(state: 1)
    for expected in goldens.permutations {
      let clusters = Units(expected.clusters)
      let paired = try PermutationTest.paired(expected.a, expected.b, units: clusters, using: &generator)
      #expect(paired.isExact && near(paired.pValue, expected.paired))
      let (first, second) = (
        Array(expected.a.prefix(expected.chosen)), Array(expected.a.dropFirst(expected.chosen))
      )
      let unpaired = try PermutationTest.unpaired(first, second, units: clusters, using: &generator)
      #expect(unpaired.isExact && near(unpaired.pValue, expected.unpaired))
      let sampled = try PermutationTest.unpaired(
        first, second, units: clusters, permutations: 19, using: &generator)
      #expect(!sampled.isExact && sampled.permutations == 19)
    }
    #expect(throws: StatisticsError.self) {
      try PermutationTest.unpaired([1, 2], [3, 4], units: Units([0, 1, 1, 2]), using: &generator)
    }
    #expect(throws: StatisticsError.self) {
      try PermutationTest.paired([1, 2], [3, 4], units: Units(pairs: [(0, 1), (1, 2)]), using: &generator)
    }
  }

  @Test func bootstrapOfWholeClusters() throws {
    var generator = TestGenerator(state: 5)
    // Clusters of one size: what is drawn are their means, whose spread is known.
    let means = [0.0, 1, 4, 5, 9, 2, 2, 7]
    let values = means.flatMap { [$0 - 100, $0 + 100] }
    let clusters = Units(values.indices.map { $0 / 2 })
    func mean(_ places: [Int]) throws -> Double { try Sample(places.map { values[$0] }).mean }
    let drawn = try Bootstrap(
      units: clusters, resamples: 20_000, withJackknife: true, using: &generator, statistic: mean)
    let expected = (try Sample(means).sumOfSquares / 64).squareRoot()
    #expect(abs(drawn.standardError / expected - 1) < 0.02)
    #expect(near(drawn.jackknife, means.map { (30 - $0) / 7 }))

    // Pairs of units: every unit is drawn as a whole, so that effects of units are not averaged away.
    let pairs = (0..<12).flatMap { a in (0..<a).map { (a, $0) } }
    let effects = (0..<12).map { Double($0 % 5) }
    let sums = pairs.map { effects[$0.0] + effects[$0.1] }
    let whole = try Bootstrap(
      units: Units(pairs: pairs), resamples: 4000, withJackknife: false, using: &generator
    ) { try Sample($0.map { sums[$0] }).mean }
    let naive = try Bootstrap(
      count: sums.count, resamples: 4000, withJackknife: false, using: &generator
    ) { try Sample($0.map { sums[$0] }).mean }
    let dyadic = try ClusteredMean(sums, units: Units(pairs: pairs)).standardError
    #expect(whole.standardError > 2 * naive.standardError)
    #expect(abs(whole.standardError / dyadic - 1) < 0.15)
  }

  @Test func simultaneousIntervals() throws {
    for expected in goldens.simultaneous {
      var generator = TestGenerator(state: 3)
      let alone = Units(Array(expected.outcomes[0].indices))
      let found = try SimultaneousMeans(expected.outcomes, units: alone, draws: 100_000, using: &generator)
      #expect(abs(found.reach - expected.reach) < 0.02, "\(found.reach) \(expected.reach)")
      for (interval, mean) in zip(found.intervals, found.means) {
        #expect(interval.low < mean.interval.low && interval.high > mean.interval.high)
      }
      #expect(zip(found.pValues, found.means).allSatisfy { $0 >= $1.pValue })
    }
    var generator = TestGenerator(state: 3)
    let single = try SimultaneousMeans([[1, 2, 4]], units: Units([0, 1, 2]), using: &generator)
    #expect(single.intervals[0] == single.means[0].interval && single.pValues[0] == single.means[0].pValue)
    #expect(try near(MultipleTesting.sidak(3), 0.98304757, 1e-7))
  }

  @Test func predictionPoweredMeans() throws {
    for expected in goldens.powered {
      func found(_ weight: Double?) throws -> PredictionPowered {
        try PredictionPowered(
          truth: expected.truth, labelled: .init(expected.labelled), unlabelled: .init(expected.unlabelled),
          weight: weight)
      }
      for told in [expected.full, expected.half] {
        let one = try found(told.weight)
        #expect(near(one.estimate, told.estimate) && near(one.standardError, told.error))
        #expect(near(one.interval, told.interval, 1e-9))
      }
      #expect(try near(found(nil).weight, expected.weight, 1e-9))
    }
    // One observation per cluster is no clusters.
    let expected = goldens.powered[0]
    let clustered = try PredictionPowered(
      truth: expected.truth,
      labelled: .init(expected.labelled, units: Units(Array(expected.truth.indices))),
      unlabelled: .init(expected.unlabelled, units: Units(Array(expected.unlabelled.indices))), weight: 1)
    #expect(near(clustered.standardError, expected.full.error))
  }
}

/// With no effect to find and nouns with effects of their own, tests at 5 % reject in about 5 %: the bounds are 3 and 7 %, and two
/// standard errors of so few repetitions. Scripts/dev/simulate-nulls.lua has more designs and repetitions.
@Suite struct NullSimulationTests {
  private static let repetitions = 600

  private func rate(_ seed: UInt64, _ rejects: (inout TestGenerator) throws -> Bool) rethrows -> Double {
    var generator = TestGenerator(state: seed)
    var rejected = 0
    for _ in 0..<Self.repetitions where try rejects(&generator) { rejected += 1 }
    return Double(rejected) / Double(Self.repetitions)
  }

  private func isAboutFivePercent(_ rate: Double) -> Bool {
    let error = (0.05 * 0.95 / Double(Self.repetitions)).squareRoot()
    return rate > 0.03 - 2 * error && rate < 0.07 + 2 * error
  }

  private func normal(_ generator: inout TestGenerator) -> Double {
    Normal.quantile((Double(generator.next() >> 11) + 0.5) / Double(1 << 53))
  }

  @Test func meansOverNouns() throws {
    let nouns = (0..<80).map { $0 / 4 }
    let found = try rate(3) { generator in
      let own = (0..<20).map { _ in normal(&generator) }
      let x = nouns.map { own[$0] + normal(&generator) }
      return try ClusteredMean(x, units: Units(nouns)).pValue < 0.05
    }
    #expect(isAboutFivePercent(found), "\(found)")
  }

  @Test func meansOverPairsOfNouns() throws {
    let found = try rate(4) { generator in
      let own = (0..<16).map { _ in 0.7 * normal(&generator) }
      let pairs = (0..<45).map { _ in (generator.index(below: 16), generator.index(below: 16)) }
      let x = pairs.map { own[$0.0] + own[$0.1] + normal(&generator) }
      return try ClusteredMean(x, units: Units(pairs: pairs)).pValue < 0.05
    }
    #expect(isAboutFivePercent(found), "\(found)")
    // As if pairs were independent.
    let naive = try rate(4) { generator in
      let own = (0..<16).map { _ in 0.7 * normal(&generator) }
      let pairs = (0..<45).map { _ in (generator.index(below: 16), generator.index(below: 16)) }
      let x = pairs.map { own[$0.0] + own[$0.1] + normal(&generator) }
      return try ClusteredMean(x, units: Units(Array(x.indices))).pValue < 0.05
    }
    #expect(naive > 0.2, "\(naive)")
  }

  @Test func sharesOverNouns() throws {
    let nouns = (0..<150).map { $0 / 5 }
    let found = try rate(5) { generator in
      let own = (0..<30).map { _ in Normal.cumulative(normal(&generator)) }
      let answers = nouns.map { Double(generator.next() >> 11) / Double(1 << 53) < own[$0] }
      let interval = try ClusteredShare(answers, units: Units(nouns)).interval
      return interval.low > 0.5 || interval.high < 0.5
    }
    #expect(isAboutFivePercent(found), "\(found)")
  }
}
