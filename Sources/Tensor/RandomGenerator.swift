/// A stream of random numbers; every call takes the next ones.
///
/// Numbers are drawn on the host, whatever device they then go to, so that a seed means the same everywhere.
public protocol RandomGenerator {
  /// Mean 0, variance 1.
  mutating func normal(_ shape: [Int]) throws -> Tensor
  /// In [0, 1).
  mutating func uniform(_ shape: [Int]) throws -> Tensor
}
