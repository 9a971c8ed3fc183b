/// Cohen's d: the difference of two means in units of the pooled standard deviation.
public struct CohensD: Equatable, Sendable {
  public let value: Double

  public init(_ a: [Double], _ b: [Double]) throws {
    let (first, second) = (try Sample(a), try Sample(b))
    guard a.count + b.count > 2 else { throw StatisticsError("Cohen's d needs at least three numbers") }
    let variance = (first.sumOfSquares + second.sumOfSquares) / Double(a.count + b.count - 2)
    guard variance > 0 else { throw StatisticsError("Cohen's d needs numbers that differ within a sample") }
    value = (first.mean - second.mean) / variance.squareRoot()
  }
}
