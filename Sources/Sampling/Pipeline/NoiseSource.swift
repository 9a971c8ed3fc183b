import Models
import Tensor

/// The random numbers of a run: each picture draws from the generator of its own seed.
///
/// A picture's first draw is its initial noise and one draw follows per step, whether or not the run uses them:
/// a run that starts in the middle, or from given noise, meets the same numbers as a whole run.
struct NoiseSource {
  private var generators: [any RandomGenerator]
  private let shape: [Int]

  /// - Parameter shape: of one picture's latents, {C, h, w}.
  init(rng: String, seeds: [UInt64], shape: [Int]) throws {
    generators = try seeds.map { try Self.generator(rng, seed: $0) }
    self.shape = shape
  }

  static func generator(_ rng: String, seed: UInt64) throws -> any RandomGenerator {
    switch rng {
    case "torch-cpu": return TorchCPUGenerator(seed: seed)
    case "torch-cuda": return TorchCUDAGenerator(seed: seed)
    default: throw PipelineError("there is no rng '\(rng)' (there are 'torch-cpu' and 'torch-cuda')")
    }
  }

  /// {pictures, C, h, w}
  mutating func draw() throws -> Tensor {
    var parts: [Tensor] = []
    for index in generators.indices { parts.append(try generators[index].normal(shape)) }
    return try Tensor.stacked(parts, dim: 0)
  }

  mutating func skip(_ draws: Int) throws {
    for _ in 0..<draws { _ = try draw() }
  }
}
