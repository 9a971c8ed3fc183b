import Tensor

/// A table of vectors, one row per entry.
public struct Embedding {
  /// {entries, width}
  public let weight: Weight

  /// Reads `weight` {entries, width}.
  public init(_ scope: WeightScope, entries: Int, width: Int) throws {
    weight = try scope.weight("weight", shape: [entries, width])
  }

  public var entries: Int { weight.shape[0] }
  public var width: Int { weight.shape[1] }

  /// - Parameter rows: indices from 0
  /// - Returns: {rows.count, width}
  public func callAsFunction(_ rows: [Int]) throws -> Tensor {
    try weight.tensor().embedding(rows: rows)
  }
}
