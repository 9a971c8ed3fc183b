import Neural
import Tensor

/// Weights of which some are changed as they are read: adapters on top of a checkpoint.
public final class PatchedWeights: WeightSource {
  /// Gets a tensor that nobody else holds and returns what takes its place.
  public typealias Patch = @Sendable (Tensor) throws -> Tensor

  private let base: any WeightSource
  private let patches: [String: [Patch]]
  private let shapes: [String: [Int]]
  private let additions: [String: [Int]]

  /// - Parameters:
  ///   - patches: by the name of the tensor, applied in order
  ///   - shapes: of tensors that a patch gives another shape
  ///   - additions: shapes of tensors that the base does not have and that are patched from zeros
  public init(
    _ base: any WeightSource, patches: [String: [Patch]], shapes: [String: [Int]] = [:],
    additions: [String: [Int]] = [:]
  ) {
    self.base = base
    self.patches = patches
    self.shapes = shapes
    self.additions = additions
  }

  public var path: String { base.path }
  public var names: [String] { base.names + additions.keys.sorted() }

  public func shape(of name: String) -> [Int]? { shapes[name] ?? additions[name] ?? base.shape(of: name) }

  public func adds(_ name: String) -> Bool { additions[name] != nil || base.adds(name) }

  public func reader(named name: String, shape: [Int]) throws -> WeightReader {
    guard let patches = patches[name] else { return try base.reader(named: name, shape: shape) }
    if let fault = fault(name, shape: shape) { throw fault }
    if additions[name] != nil { return WeightReader { [self] in try tensor(named: name) } }
    let reader = try base.reader(named: name, shape: base.shape(of: name) ?? shape)
    return WeightReader { try patches.reduce(reader.whole()) { try $1($0) } }
  }

  public func tensor(named name: String) throws -> Tensor {
    let own = try additions[name].map { try Tensor.zeros($0) } ?? base.tensor(named: name)
    return try (patches[name] ?? []).reduce(own) { try $1($0) }
  }
}
