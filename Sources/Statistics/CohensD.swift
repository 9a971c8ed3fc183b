/// Cohen's d: the difference of two means in units of the pooled standard deviation.
public struct CohensD: Equatable, Sendable {
  public let value: Double

  public init(_ a: [Double], _ b: [Double]) throws {
    let (first, second) = (try Sample(a), try Sample(b))
    guard a.count + b.count > 2 else { throw StatisticsError("Cohen's d needs at least three numbers") }
    guard !first.isConstant || !second.isConstant else {
      throw StatisticsError("Cohen's d needs numbers that differ within a sample")
    }
    let (x, y) = (Deviations(first), Deviations(second))
    // A constant sample has no scale of its own.
    let scale = max(first.isConstant ? 0 : x.scale, second.isConstant ? 0 : y.scale)
    let squares = [x, y].filter { $0.sumOfSquares > 0 }.reduce(0) {
      $0 + $1.sumOfSquares * ($1.scale / scale) * ($1.scale / scale)
    }
    let deviation = (squares / Double(a.count + b.count - 2)).squareRoot()
    let difference = Deviations.difference(x, y)
    value = (difference.isFinite ? difference / scale : x.mean / scale - y.mean / scale) / deviation
  }
}
