import Synchronization

/// Weights of one part of a model, which are given up together.
///
/// What backends make of weights that are read from files can always be made again; this says when it goes.
public final class WeightPool: Sendable {
  public enum Retention: Sendable {
    /// As long as the weights live: for what is small.
    case always
    /// Until `release`.
    case pool
    /// Until the end of the operation that wanted it: less memory, and the work of packing at each use.
    case operation
  }

  public let retention: Retention
  public let precision: Precision
  private let weights = Mutex<[Weight]>([])

  public init(_ retention: Retention = .always, precision: Precision = .float32) {
    self.retention = retention
    self.precision = precision
  }

  func add(_ weight: Weight) {
    weights.withLock { $0.append(weight) }
  }

  /// Gives up all that was made of the weights, unless they are kept always; they are read again at their next use.
  public func release() {
    guard retention != .always else { return }
    for weight in weights.withLock({ $0 }) { weight.release() }
  }
}
