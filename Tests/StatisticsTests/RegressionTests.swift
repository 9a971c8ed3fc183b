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
          expected.y, on: expected.x, names: names, clusters: expected.clusters)
        check(fit.coefficients, clustered, 1e-9)
      }
      if let clustered = expected.logisticClustered {
        let fit = try LogisticRegression(
          expected.yes, on: expected.x, names: names, clusters: expected.clusters)
        check(fit.coefficients, clustered, 1e-7)
      }
    }
  }
}
