import Tensor

/// A place in a model's weights: a source and a dotted prefix. Layers read their tensors from one.
///
/// ```swift
/// let scope = WeightScope(files)["down_blocks.0"]["attentions.1"]
/// let weight = try scope.tensor("proj_in.weight", shape: [320, 320])
/// ```
public struct WeightScope: Sendable {
  public let source: any WeightSource
  /// `down_blocks.0.attentions.1`; empty at the root.
  public let prefix: String
  /// Where the layers' weights are given up together.
  public let pool: WeightPool

  public init(_ source: any WeightSource, prefix: String = "", pool: WeightPool = WeightPool()) {
    self.source = source
    self.prefix = prefix
    self.pool = pool
  }

  public subscript(_ path: String) -> WeightScope {
    WeightScope(source, prefix: name(of: path), pool: pool)
  }

  public subscript(_ path: String, _ index: Int) -> WeightScope { self["\(path).\(index)"] }

  /// The full name of a tensor in this scope.
  public func name(of path: String) -> String { prefix.isEmpty ? path : "\(prefix).\(path)" }

  /// Whether the tensor at `path` was added to a model that has none there.
  public func adds(_ path: String) -> Bool { source.adds(name(of: path)) }

  public func has(_ path: String) -> Bool { source.shape(of: name(of: path)) != nil }

  /// The tensor at `path`, which must have exactly this shape, as a layer's weights: read when they are first used.
  ///
  /// - Parameter viewed: the shape that the layer gives it
  public func weight(_ path: String, shape: [Int], viewed: [Int]? = nil) throws -> Weight {
    try Weight(
      shape: viewed ?? shape, pool: pool, reader: source.reader(named: name(of: path), shape: shape))
  }

  /// The tensor at `path`, which must have exactly this shape.
  ///
  /// - Throws: `NeuralError` that names the file, the tensor, and the expected and found shapes.
  public func tensor(_ path: String, shape: [Int]) throws -> Tensor {
    try source.tensor(named: name(of: path), shape: shape)
  }
}
