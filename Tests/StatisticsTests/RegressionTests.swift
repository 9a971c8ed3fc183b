import Statistics
import Testing

@Suite struct RegressionTests {
  private func check(_ found: [Coefficient], _ expected: Goldens.Coefficients, _ tolerance: Double) {
    #expect(near(found.map(\.estimate), expected.estimates, tolerance))
    #expect(near(found.map(\.standardError), expected.errors, tolerance))
    #expect(near(found.map(\.pValue), expected.p, tolerance))
    #expect(near(found.map(\.interval.low), expected.low, tolerance))
    #expect(near(found.map(\.interval.high), expected.high, tolerance))
  }

  @Test func agreeWithStatsmodels() throws {
    for expected in try Goldens.read().regressions {
      let names = expected.x.indices.map { "x\($0)" }
      let linear = try LinearRegression(expected.y, on: expected.x, names: names)
      check(linear.coefficients, expected.linear, 1e-9)
      #expect(near(linear.rSquared, expected.rSquared))
      let logistic = try LogisticRegression(expected.yes, on: expected.x, names: names)
      // statsmodels' own iteration stops before the last digits.
      check(logistic.coefficients, expected.logistic, 1e-7)
      #expect(near(logistic.logLikelihood, expected.logLikelihood))
      #expect(near(logistic.nullLogLikelihood, expected.nullLogLikelihood))
      #expect(logistic.coefficients.map(\.name) == ["intercept"] + names)

      if let clustered = expected.linearClustered {
        let fit = try LinearRegression(
          expected.y, on: expected.x, names: names, clusters: Units(expected.clusters))
        check(fit.coefficients, clustered, 1e-9)
      }
      if let clustered = expected.logisticClustered {
        let fit = try LogisticRegression(
          expected.yes, on: expected.x, names: names, clusters: Units(expected.clusters))
        check(fit.coefficients, clustered, 1e-7)
      }
    }
  }

  /// Offsets and units of predictors and outcomes cost no digits: seeds, times, rates against 60-digit arithmetic.
  @Test func offsetsAndUnits() throws {
    let goldens = try Goldens.read().farRegressions
    #expect(goldens.count == 9)
    for expected in goldens {
      let names = expected.x.indices.map { "x\($0)" }
      func check(_ found: [Coefficient], _ expected: Goldens.Coefficients?, _ tolerance: Double) throws {
        let expected = try #require(expected)
        #expect(close(found.map(\.estimate), expected.estimates, tolerance))
        #expect(close(found.map(\.standardError), expected.errors, tolerance))
        #expect(close(found.map(\.pValue), expected.p, 1e3 * tolerance))
        // An end may lie where estimate and reach cancel out.
        for (coefficient, (low, high)) in zip(found, zip(expected.low, expected.high)) {
          #expect(abs(coefficient.interval.low - low) <= tolerance * (high - low))
          #expect(abs(coefficient.interval.high - high) <= tolerance * (high - low))
        }
      }
      let linear = try LinearRegression(expected.y, on: expected.x, names: names)
      try check(linear.coefficients, expected.linear, 1e-10)
      #expect(close(linear.rSquared, expected.rSquared, 1e-11))
      let logistic = try LogisticRegression(expected.yes, on: expected.x, names: names)
      try check(logistic.coefficients, expected.logistic, 1e-10)
      #expect(close(logistic.logLikelihood, expected.logLikelihood, 1e-12))
      try check(
        LinearRegression(expected.y, on: expected.x, names: names, clusters: Units(expected.clusters))
          .coefficients,
        expected.linearClustered, 1e-10)
      try check(
        LogisticRegression(expected.yes, on: expected.x, names: names, clusters: Units(expected.clusters))
          .coefficients,
        expected.logisticClustered, 1e-10)
    }
  }

  /// A column that another makes up to rounding is refused whatever its offset; one that is not, is not.
  /// Numbers at both ends of what a double holds give numbers, or an error that says so; never nan.
  @Test func extremeUnits() throws {
    let line = [1.0, 2, 3, 5, 4, 7]
    for unit in [5e-324, 1e-320, 1e-310, 1e-200, 1e200, 1e306] {
      let column = line.map { $0 * unit }
      #expect(try CohensD(column, column).value == 0)
      #expect(try CohensD(column, column.map { $0 + unit }).value.isFinite)
      for (outcome, predictor) in [(column, column), (line, column), (column, line)] {
        do {
          let fit = try LinearRegression(outcome, on: [predictor], names: ["x"])
          #expect(fit.coefficients.allSatisfy { $0.estimate.isFinite && !$0.pValue.isNaN }, "\(unit)")
          #expect(fit.rSquared.isFinite)
        } catch let error as StatisticsError {
          #expect(error.description.contains("units"), "\(unit): \(error)")
        }
      }
    }
  }

  @Test func dependentColumns() throws {
    let days = (0..<20).map { Double($0 * $0 % 17) }
    let y = (0..<20).map { Double($0 * 7 % 20) }
    for offset in [0, 1e6, 1.7e9, 1e12] {
      let x = days.map { offset + $0 / 10 }
      for other in [x.map { 3 * $0 + 0.7 }, x, x.map { -$0 / 3 }, x.map { _ in offset + 0.1 }] {
        #expect(throws: StatisticsError.self) {
          _ = try LinearRegression(y, on: [x, other], names: ["a", "b"])
        }
        #expect(throws: StatisticsError.self) {
          _ = try LogisticRegression(y.map { $0 > 9 }, on: [x, other], names: ["a", "b"])
        }
      }
      let squares = try LinearRegression(
        y, on: [x, x.map { ($0 - offset) * ($0 - offset) + offset }], names: ["a", "b"])
      #expect(squares.coefficients.allSatisfy { $0.standardError.isFinite })
    }
    // Whole numbers far beyond 2⁵³ are still what they are.
    let ticks = days.map { 1e18 + 256 * $0 }
    let line = try LinearRegression(ticks.map { ($0 - 1e18) / 128 }, on: [ticks], names: ["ticks"])
    #expect(close(line.coefficients[1].estimate, 1.0 / 128, 1e-12))
  }
}
