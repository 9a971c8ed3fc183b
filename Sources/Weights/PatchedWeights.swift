import Neural
import Tensor

/// Weights of which some are changed as they are read: adapters on top of a checkpoint.
public final class PatchedWeights: WeightSource {
  /// Gets a tensor that nobody else holds and returns what takes its place.
  public typealias Patch = @Sendable (Tensor) throws -> Tensor

  private let base: any WeightSource
  private let patches: [String: [Patch]]
  private let shapes: [String: [Int]]

  /// - Parameters:
  ///   - patches: by the name of the tensor, applied in order
  ///   - shapes: of tensors that a patch gives another shape
  public init(_ base: any WeightSource, patches: [String: [Patch]], shapes: [String: [Int]] = [:]) {
    self.base = base
    self.patches = patches
    self.shapes = shapes
  }

  public var path: String { base.path }
  public var names: [String] { base.names }

  public func shape(of name: String) -> [Int]? { shapes[name] ?? base.shape(of: name) }

  public func reader(named name: String, shape: [Int]) throws -> WeightReader {
    guard let patches = patches[name] else { return try base.reader(named: name, shape: shape) }
    if let fault = fault(name, shape: shape) { throw fault }
    let reader = try base.reader(named: name, shape: base.shape(of: name) ?? shape)
    return WeightReader { try patches.reduce(reader.whole()) { try $1($0) } }
  }

  public func tensor(named name: String) throws -> Tensor {
    try (patches[name] ?? []).reduce(base.tensor(named: name)) { try $1($0) }
  }
}
