import Glibc
import Neural
import Tensor

/// A timestep as a vector: sines and cosines of it at falling frequencies, then two linear layers (Ho et al. 2020).
struct TimestepEmbedding {
  private let frequencies: [Float]
  private let cosineFirst: Bool
  private let first, second: Linear
  private let activation: Activation

  /// - Parameters:
  ///   - channels: number of sines and cosines together
  ///   - width: of the result
  ///   - cosineFirst: `flip_sin_to_cos`
  ///   - shift: `freq_shift`: 0, or 1 if the last frequency is to be exactly 1/10000
  init(
    _ scope: WeightScope, channels: Int, width: Int, cosineFirst: Bool, shift: Double, activation: Activation
  ) throws {
    let half = channels / 2
    frequencies = (0..<half).map { exp(-Float(log(10000.0)) * Float($0) / (Float(half) - Float(shift))) }
    self.cosineFirst = cosineFirst
    first = try Linear(scope["linear_1"], inputs: channels, outputs: width)
    second = try Linear(scope["linear_2"], inputs: width, outputs: width)
    self.activation = activation
  }

  var width: Int { second.outputs }

  /// {1, width}
  func callAsFunction(_ timestep: Double) throws -> Tensor {
    let angles = frequencies.map { Float(timestep) * $0 }
    let sines = angles.map { sin($0) }
    let cosines = angles.map { cos($0) }
    let values = cosineFirst ? cosines + sines : sines + cosines
    return try second(first(Tensor(values, shape: [1, values.count]), activation: activation))
  }
}
