import CKernels

/// The stream of `torch.Generator().manual_seed(seed)` on a CPU.
///
/// `uniform`, `integers` and `permutation` are equal to PyTorch's; `normal` is equal within 2e-6, which is how much
/// PyTorch's own code paths differ among each other (this follows the vectorised one). A copy of the generator goes
/// on from the same place.
public struct TorchCPUGenerator: RandomGenerator, @unchecked Sendable {
  private var engine = ck_torch_generator()

  public init(seed: UInt64) {
    ck_torch_seed(&engine, seed)
  }

  public mutating func normal(_ shape: [Int]) throws -> Tensor {
    let result = try Tensor.uninitialized(shape)
    try result.withUnsafeMutableBuffer { ck_torch_normal(&engine, $0.baseAddress, $0.count) }
    return result
  }

  public mutating func uniform(_ shape: [Int]) throws -> Tensor {
    let result = try Tensor.uninitialized(shape)
    try result.withUnsafeMutableBuffer { ck_torch_uniform(&engine, $0.baseAddress, $0.count) }
    return result
  }

  /// As `torch.randint(low, high, …)`: integers of [low, high), as numbers in a tensor.
  public mutating func integers(_ range: Range<Int>, _ shape: [Int]) throws -> Tensor {
    guard !range.isEmpty, range.lowerBound >= -(1 << 24), range.upperBound <= 1 << 24 else {
      throw TensorError("random integers need a range within ±2^24 that is not empty, got \(range)")
    }
    let result = try Tensor.uninitialized(shape)
    let width = UInt32(range.count)
    try result.withUnsafeMutableBuffer { values in
      for i in values.indices {
        values[i] = Float(range.lowerBound + Int(ck_torch_random(&engine) % width))
      }
    }
    return result
  }

  /// As `torch.randperm(n)`: the numbers from 0 to n - 1 in random order.
  public mutating func permutation(_ n: Int) throws -> [Int] {
    _ = try Shape.count([n])
    var order = Array(0..<n)
    for i in 0..<Swift.max(n - 1, 0) {
      order.swapAt(i, i + Int(ck_torch_random(&engine) % UInt32(n - i)))
    }
    return order
  }
}

/// PyTorch's `random64`: the first number drawn is the upper half.
extension TorchCPUGenerator: RandomNumberGenerator {
  public mutating func next() -> UInt64 {
    let high = UInt64(ck_torch_random(&engine))
    return high << 32 | UInt64(ck_torch_random(&engine))
  }
}
