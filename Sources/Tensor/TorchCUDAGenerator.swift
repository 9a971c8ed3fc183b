import Glibc

/// The stream of `torch.Generator("cuda").manual_seed(seed)`, computed here: a seed that somebody found on a GPU
/// gives its noise on a CPU.
///
/// PyTorch's CUDA generator is Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011),
/// one counter per element. Equal to PyTorch within 1e-6 for tensors of at most as many elements as the GPU starts
/// threads at once (over 10⁵ on the GPUs that people have: latents of 1024 × 1024 pixels have 65,536); beyond that
/// PyTorch's own numbers depend on the GPU.
public struct TorchCUDAGenerator: RandomGenerator, Sendable {
  private let key: SIMD2<UInt32>
  /// Calls so far: each starts at the next block of every element's stream.
  private var call: UInt64 = 0

  public init(seed: UInt64) {
    key = SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
  }

  public mutating func normal(_ shape: [Int]) throws -> Tensor {
    try fill(shape) { block in
      // Box and Muller's transform; CUDA keeps the sine for the first number of a pair.
      let radius = (-2 * log(Self.unit(block[0]))).squareRoot()
      return Float(radius * sin(2 * Double.pi * Self.unit(block[1])))
    }
  }

  public mutating func uniform(_ shape: [Int]) throws -> Tensor {
    try fill(shape) { block in
      // CUDA draws from (0, 1], PyTorch takes its 1 for 0.
      let value = Float(Self.unit(block[0]))
      return value == 1 ? 0 : value
    }
  }

  /// The middle of the number's interval among 2³² of equal width in (0, 1).
  private static func unit(_ bits: UInt32) -> Double { (Double(bits) + 0.5) * 0x1p-32 }

  private mutating func fill(_ shape: [Int], _ value: (SIMD4<UInt32>) -> Float) throws -> Tensor {
    let result = try Tensor.uninitialized(shape)
    try result.withUnsafeMutableBuffer { values in
      for element in values.indices {
        let counter = SIMD4(
          UInt32(truncatingIfNeeded: call), UInt32(truncatingIfNeeded: call >> 32),
          UInt32(truncatingIfNeeded: element), UInt32(truncatingIfNeeded: element >> 32))
        values[element] = value(Philox4x32.block(counter: counter, key: key))
      }
    }
    call += 1
    return result
  }
}

/// The counter-based generator Philox4x32-10: a keyed bijection of 128-bit counters that looks random.
enum Philox4x32 {
  private static let multipliers: (UInt32, UInt32) = (0xD251_1F53, 0xCD9E_8D57)
  private static let weyl = SIMD2<UInt32>(0x9E37_79B9, 0xBB67_AE85)

  static func block(counter: SIMD4<UInt32>, key: SIMD2<UInt32>) -> SIMD4<UInt32> {
    var (counter, key) = (counter, key)
    for _ in 0..<10 {
      let a = multipliers.0.multipliedFullWidth(by: counter[0])
      let b = multipliers.1.multipliedFullWidth(by: counter[2])
      counter = SIMD4(b.high ^ counter[1] ^ key[0], b.low, a.high ^ counter[3] ^ key[1], a.low)
      key &+= weyl
    }
    return counter
  }
}
