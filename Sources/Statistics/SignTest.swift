/// Whether one member of a pair is the larger one more often than the other: of the pairs that differ, half should be
/// larger either way. On yes and no this is McNemar's exact test. Two-sided.
public struct SignTest: Equatable, Sendable {
  /// Pairs whose first member is larger.
  public let first: Int
  /// Pairs whose second member is larger.
  public let second: Int
  public let ties: Int
  public let pValue: Double

  public init(_ a: [Double], _ b: [Double]) throws {
    let pairs = try PairedSample(a, b)
    first = zip(a, b).count { $0 > $1 }
    second = zip(a, b).count { $0 < $1 }
    ties = pairs.count - first - second
    pValue = FairCoins.twoSided(first, of: first + second)
  }
}
