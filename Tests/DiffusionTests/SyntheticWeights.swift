import Glibc
import Neural
import Tensor

/// Weights that Scripts/dev/goldens/synthetic.py makes alike, so that none need be stored: any tensor of any shape.
final class SyntheticWeights: WeightSource {
  let path = "synthetic"
  let names: [String]
  /// Small, activations are so near 0 that the epsilon of every norm counts.
  let loudness: Float

  /// - Parameter names: tensors that a model asks for before it takes them
  init(names: [String] = [], loudness: Float = 1) { (self.names, self.loudness) = (names, loudness) }

  func shape(of name: String) -> [Int]? { names.contains(name) ? [] : nil }

  func tensor(named name: String) throws -> Tensor {
    throw NeuralError("\(name): nothing says its shape")
  }

  func tensor(named name: String, shape: [Int]) throws -> Tensor {
    let values = try Self.tensor(name, shape)
    if shape.isEmpty { return try .full([], 2) }
    if name.contains("norm") {
      return try name.hasSuffix("weight") ? values.multiplying(0.3).adding(1) : values.multiplying(0.2)
    }
    if shape.count == 1 { return try values.multiplying(0.2 * loudness) }
    if name.contains("token_embedding") || name.contains("position_embedding") {
      return try values.multiplying(loudness)
    }
    let isSharp = ["to_q", "to_k", "q_proj", "k_proj"].contains { name.contains($0) }
    let inputs = Double(shape.dropFirst().reduce(1, *))
    return try values.multiplying(loudness * Float((isSharp ? 2.5 : 1.7) / inputs.squareRoot()))
  }

  /// Numbers in [-1, 1) that depend on the name alone: FNV-1a, then SplitMix64.
  static func tensor(_ name: String, _ shape: [Int]) throws -> Tensor {
    var state: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in name.utf8 { state = (state ^ UInt64(byte)) &* 0x100_0000_01B3 }
    let values = (0..<shape.reduce(1, *)).map { index in
      var x = state &+ UInt64(index + 1) &* 0x9E37_79B9_7F4A_7C15
      x = (x ^ (x >> 30)) &* 0xBF58_476D_1CE4_E5B9
      x = (x ^ (x >> 27)) &* 0x94D0_49BB_1331_11EB
      x ^= x >> 31
      return Float(Double(x >> 40) / Double(1 << 23) - 1)
    }
    return try Tensor(values, shape: shape)
  }
}
