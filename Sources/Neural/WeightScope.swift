import Tensor

/// A place in a model's weights: a set of files and a dotted prefix. Layers read their tensors from one.
///
/// ```swift
/// let scope = WeightScope(files)["down_blocks.0"]["attentions.1"]
/// let weight = try scope.tensor("proj_in.weight", shape: [320, 320])
/// ```
public struct WeightScope: Sendable {
  public let files: WeightFiles
  /// `down_blocks.0.attentions.1`; empty at the root.
  public let prefix: String

  public init(_ files: WeightFiles, prefix: String = "") {
    self.files = files
    self.prefix = prefix
  }

  public subscript(_ path: String) -> WeightScope { WeightScope(files, prefix: name(of: path)) }

  public subscript(_ path: String, _ index: Int) -> WeightScope { self["\(path).\(index)"] }

  /// The full name of a tensor in this scope.
  public func name(of path: String) -> String { prefix.isEmpty ? path : "\(prefix).\(path)" }

  public func has(_ path: String) -> Bool { files.entry(named: name(of: path)) != nil }

  /// The tensor at `path`, which must have exactly this shape.
  ///
  /// - Throws: `NeuralError` that names the file, the tensor, and the expected and found shapes.
  public func tensor(_ path: String, shape: [Int]) throws -> Tensor {
    let name = name(of: path)
    guard let entry = files.entry(named: name) else {
      throw NeuralError("\(files.path): no tensor '\(name)' (expected one of shape \(Shape.text(shape)))")
    }
    guard entry.shape == shape else {
      throw NeuralError(
        "\(files.path): tensor '\(name)' has shape \(Shape.text(entry.shape)), expected \(Shape.text(shape))")
    }
    return try files.tensor(named: name)
  }
}
