import Neural
import Synchronization
import Tensor

/// Stands for weights while a model is built only to see what it asks for: nothing is read, and what is missing or of
/// another shape is noted instead of thrown.
public final class ProbedWeights: WeightSource {
  private let base: any WeightSource
  private let state = Mutex((asked: Set<String>(), faults: [String]()))

  public init(_ base: any WeightSource) { self.base = base }

  public var path: String { base.path }
  public var names: [String] { base.names }
  /// What is missing or of another shape, one line each, in the order of the model.
  public var faults: [String] { state.withLock { $0.faults } }
  /// Tensors that nothing has asked for.
  public var unused: [String] {
    let asked = state.withLock { $0.asked }
    return names.filter { !asked.contains($0) }
  }

  public func shape(of name: String) -> [Int]? { base.shape(of: name) }

  public func adds(_ name: String) -> Bool { base.adds(name) }

  public func tensor(named name: String) throws -> Tensor {
    try tensor(named: name, shape: shape(of: name) ?? [])
  }

  /// Memory that nobody has written to: only its size counts.
  public func tensor(named name: String, shape: [Int]) throws -> Tensor {
    let fault = base.fault(name, shape: shape)
    state.withLock { state in
      state.asked.insert(name)
      if let fault { state.faults.append(fault.message) }
    }
    return try Tensor.uninitialized(shape)
  }
}
