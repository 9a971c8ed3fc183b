import Testing

@testable import Statistics

@Suite struct StatisticsTests {
  let goldens: Goldens
  init() throws { goldens = try Goldens.read() }

  @Test func describesSamples() throws {
    let expected = goldens.describe
    let sample = try Sample(expected.x)
    #expect(near(sample.mean, expected.mean))
    #expect(try near(sample.variance(), expected.variance))
    #expect(near(sample.median, expected.median))
    #expect(try near(expected.p.map(sample.quantile), expected.quantiles))
    #expect(Ranks([3, 1, 3, 2, 3]).ranks == [4, 1, 4, 2, 4])
    #expect(Ranks([3, 1, 3, 2, 3]).ties == [3])
  }

  @Test func distributions() {
    let expected = goldens.distributions
    for (z, p) in zip(expected.z, expected.cumulative) {
      #expect(abs(Normal.cumulative(z) / p - 1) < 1e-12)
    }
    #expect(near(expected.p.map(Normal.quantile), expected.quantiles))
    for (place, degrees) in expected.degrees.enumerated() {
      let p = StudentT.twoSided(expected.t[place], degrees: degrees)
      #expect(abs(p / expected.tTwoSided[place] - 1) < 1e-11)
      #expect(near(StudentT.reach(0.95, degrees: degrees), expected.tReach[place]))
    }
  }

  @Test func intervalsOfShares() throws {
    for expected in goldens.proportions {
      let share = try Proportion(expected.k, of: expected.n)
      #expect(try near(share.wilson(), expected.wilson95))
      #expect(try near(share.wilson(level: 0.99), expected.wilson99))
      #expect(try near(share.clopperPearson(), expected.exact95))
      #expect(try near(share.clopperPearson(level: 0.99), expected.exact99))
    }
    for expected in goldens.differences {
      let counts = expected.counts
      let difference = try RiskDifference(
        Proportion(counts[0], of: counts[1]), Proportion(counts[2], of: counts[3]))
      #expect(near(difference.interval, expected.interval))
    }
  }

  @Test func bootstrapIntervalsOfGivenReplicates() throws {
    for expected in goldens.bootstraps {
      let bootstrap = try Bootstrap(
        estimate: expected.estimate, replicates: expected.replicates, jackknife: expected.jackknife)
      #expect(near(bootstrap.standardError, expected.standardError))
      #expect(try near(bootstrap.percentile(), expected.percentile))
      #expect(try near(bootstrap.bca(), expected.bca))
    }
  }

  @Test func bootstrapDrawsWithReplacement() throws {
    var generator = TestGenerator(state: 1)
    let values = (0..<40).map { Double($0 * $0) }
    let mean = { (indices: [Int]) in indices.reduce(0) { $0 + values[$1] } / Double(indices.count) }
    let bootstrap = try Bootstrap(
      count: 40, resamples: 4000, withJackknife: true, using: &generator, statistic: mean)
    let sample = try Sample(values)
    #expect(bootstrap.estimate == sample.mean)
    // The standard error of a mean is known: σ/√n with n below in σ. Of 4000 replicates it is right to about 1 %.
    let known = (sample.sumOfSquares / 40 / 40).squareRoot()
    #expect(abs(bootstrap.standardError / known - 1) < 0.05)
    #expect(bootstrap.jackknife.count == 40)
    var again = TestGenerator(state: 1)
    let repeated = try Bootstrap(
      count: 40, resamples: 4000, withJackknife: true, using: &again, statistic: mean)
    #expect(repeated.replicates == bootstrap.replicates)
  }

  @Test func exactPermutations() throws {
    var generator = TestGenerator(state: 2)
    for expected in goldens.permutations {
      let test = try PermutationTest.unpaired(expected.a, expected.b, using: &generator)
      #expect(test.isExact && near(test.pValue, expected.unpaired))
      guard let paired = expected.paired else { continue }
      let exchange = try PermutationTest.paired(expected.a, expected.b, using: &generator)
      #expect(exchange.isExact && exchange.permutations == 1 << expected.a.count)
      #expect(near(exchange.pValue, paired))
    }
  }

  /// Differences that are equal count as equal whatever the rounding of the numbers that they are made of.
  @Test func permutationsWithTies() throws {
    var generator = TestGenerator(state: 2)
    #expect(goldens.tiedPermutations.count == 9)
    for expected in goldens.tiedPermutations {
      let test = try PermutationTest.unpaired(expected.a, expected.b, using: &generator)
      #expect(test.isExact && test.pValue == expected.unpaired, "\(expected.a) \(expected.b)")
      guard let paired = expected.paired else { continue }
      let exchange = try PermutationTest.paired(expected.a, expected.b, using: &generator)
      #expect(exchange.isExact && exchange.pValue == paired, "\(expected.a) \(expected.b)")
    }
    // No relabelling is nearer to 0 than none at all.
    let same = [0.1, 0.2, 0.3, 0.7]
    #expect(try PermutationTest.unpaired(same, [0.7, 0.3, 0.2, 0.1], using: &generator).pValue == 1)
    #expect(try PermutationTest.paired(same, [0.7, 0.3, 0.2, 0.1], using: &generator).pValue == 1)
    // What differs by a little of a large number does differ.
    let far = try PermutationTest.unpaired(
      [1e12 + 1, 1e12 + 2, 1e12 + 3], [1e12 + 4, 1e12 + 5, 1e12 + 6], using: &generator)
    #expect(near(far.pValue, 0.1) && far.difference == -3)
  }

  /// An interval does not depend on the unit: in tenths, replicates equal to the estimate miss it by rounding.
  @Test func bootstrapsCountTies() throws {
    let counts = (0..<12).map { Double($0 * 5 % 7) }
    func interval(_ values: [Double]) throws -> Interval {
      var generator = TestGenerator(state: 5)
      let bootstrap = try Bootstrap(count: 12, resamples: 999, withJackknife: true, using: &generator) {
        $0.reduce(0) { $0 + values[$1] } / 12
      }
      return try bootstrap.bca()
    }
    let whole = try interval(counts)
    for unit in [0.1, 0.7, 1e-9, 3e11] {
      let parts = try interval(counts.map { $0 * unit })
      #expect(close([parts.low, parts.high], [whole.low * unit, whole.high * unit], 1e-13), "\(unit)")
    }
  }

  /// Far from 0, and in any unit, against arithmetic with 60 digits.
  @Test func offsetsAndUnits() throws {
    #expect(goldens.offsets.count == 10)
    for expected in goldens.offsets {
      let (a, b) = (try Sample(expected.a), try Sample(expected.b))
      let what = "near \(expected.mean)"
      #expect(close(a.mean, expected.mean, 4e-16), "\(what)")
      #expect(try close(a.standardDeviation(), expected.sd, 1e-13), "\(what)")
      let pearson = try Correlation.pearson(a.values, b.values)
      #expect(close([pearson.coefficient, pearson.pValue], expected.pearson, 1e-11), "\(what)")
      #expect(try close(CohensD(a.values, b.values).value, expected.d, 1e-12), "\(what)")
      var generator = TestGenerator(state: 1)
      let test = try PermutationTest.unpaired(a.values, b.values, permutations: 10, using: &generator)
      #expect(close(test.difference, expected.difference, 1e-13), "\(what)")
    }
    let constant = try Sample([0.1, 0.1, 0.1])
    #expect(constant.mean == 0.1 && constant.sumOfSquares == 0)
    #expect(throws: StatisticsError.self) { _ = try Correlation.pearson([0.1, 0.1, 0.1], [1, 2, 4]) }
    #expect(throws: StatisticsError.self) { _ = try CohensD([0.1, 0.1, 0.1], [0.7, 0.7, 0.7]) }
    #expect(throws: StatisticsError.self) {
      _ = try LinearRegression([0.1, 0.1, 0.1, 0.1], on: [[1, 2, 3, 5]], names: ["x"])
    }
    let wide = try Sample([-1.5e308, 1.5e308])
    #expect(wide.mean == 0 && wide.median == 0)
    #expect(try wide.quantile(0) == -1.5e308 && wide.quantile(0.75) == 7.5e307)
    #expect(try Sample([1.5e308, 1.5e308, 1.0e308]).mean.isFinite)
  }

  @Test func sampledPermutationsComeNearTheExact() throws {
    var generator = TestGenerator(state: 3)
    for expected in goldens.permutations {
      let test = try PermutationTest.unpaired(expected.a, expected.b, permutations: 80, using: &generator)
      #expect(!test.isExact && test.permutations == 80)
      // Five standard errors of a share of 80.
      let error = (expected.unpaired * (1 - expected.unpaired) / 80).squareRoot()
      #expect(abs(test.pValue - expected.unpaired) < 5 * error + 1.0 / 81)
    }
    let far = (1...70).map(Double.init)
    let test = try PermutationTest.paired(
      far, [Double](repeating: 0, count: 70), permutations: 500, using: &generator)
    #expect(test.pValue == 1.0 / 501)
  }

  @Test func correlations() throws {
    for expected in goldens.correlations {
      let pearson = try Correlation.pearson(expected.x, expected.y)
      #expect(near([pearson.coefficient, pearson.pValue], expected.pearson))
      #expect(near(pearson.interval, expected.pearsonInterval))
      let spearman = try Correlation.spearman(expected.x, expected.y)
      #expect(near([spearman.coefficient, spearman.pValue], expected.spearman))
      #expect(near(spearman.interval, expected.spearmanInterval))
      let kendall = try Correlation.kendall(expected.x, expected.y)
      #expect(near([kendall.coefficient, kendall.pValue], expected.kendall))
      #expect(near(kendall.interval, expected.kendallInterval))
    }
  }

  @Test func ranksOfTwoSamples() throws {
    for expected in goldens.ranks {
      let test = try MannWhitney(expected.a, expected.b)
      #expect(near([test.u, test.pValue, test.cliffsDelta], [expected.u, expected.p, expected.delta]))
      #expect(try near(CohensD(expected.a, expected.b).value, expected.d))
    }
  }

  @Test func signs() throws {
    for expected in goldens.signs {
      let a = [1, 0, 1] + [Double](repeating: 1, count: expected.first)
      let b = [1, 0, 1] + [Double](repeating: 0, count: expected.first)
      let test = try SignTest(
        a + [Double](repeating: 0, count: expected.second), b + [Double](repeating: 1, count: expected.second)
      )
      #expect(test.first == expected.first && test.second == expected.second && test.ties == 3)
      #expect(near(test.pValue, expected.p))
    }
  }

  @Test func holm() throws {
    #expect(try near(MultipleTesting.holm(goldens.corrections.p), goldens.corrections.holm))
    #expect(try MultipleTesting.holm([]) == [])
  }

  @Test func whatCannotBeHad() throws {
    func says(_ message: String, _ body: () throws -> Void) {
      #expect(throws: StatisticsError(message), performing: body)
    }
    says("at least one number expected, got an empty list") { _ = try Sample([]) }
    says("finite numbers expected, got nan at [2]") { _ = try Sample([1, .nan]) }
    says("a correlation needs numbers that differ; the second list has one number throughout") {
      _ = try Correlation.spearman([1, 2, 3], [5, 5, 5])
    }
    says("successes between 0 and 3 expected, got 4") { _ = try Proportion(4, of: 3) }
    says("the predictors separate yes from no: there is no finite estimate") {
      _ = try LogisticRegression(
        [false, false, true, true], on: [[1, 2, 3, 4]], names: ["x"])
    }
    says("the predictors are constant or depend on each other: they cannot be told apart") {
      _ = try LogisticRegression(
        [false, true, false, true], on: [[2, 2, 2, 2]], names: ["x"])
    }
    says("predictor 'x': finite numbers expected, got inf at [1]") {
      _ = try LinearRegression([1, 2, 3], on: [[.infinity, 1, 2]], names: ["x"])
    }
  }
}
