import Glibc
import Neural
import Tensor

/// A number as sines and cosines of it at falling frequencies (Ho et al. 2020).
struct Sinusoids {
  let channels: Int
  private let frequencies: [Float]
  private let cosineFirst: Bool

  /// - Parameters:
  ///   - channels: number of sines and cosines together
  ///   - cosineFirst: `flip_sin_to_cos`
  ///   - shift: `freq_shift`: 0, or 1 if the last frequency is to be exactly 1/10000
  init(channels: Int, cosineFirst: Bool, shift: Double) {
    let half = channels / 2
    self.channels = 2 * half
    frequencies = (0..<half).map { exp(-Float(log(10000.0)) * Float($0) / (Float(half) - Float(shift))) }
    self.cosineFirst = cosineFirst
  }

  func callAsFunction(_ number: Double) -> [Float] {
    let angles = frequencies.map { Float(number) * $0 }
    let sines = angles.map { sin($0) }
    let cosines = angles.map { cos($0) }
    return cosineFirst ? cosines + sines : sines + cosines
  }
}

/// A timestep as a vector: sines and cosines of it, then two linear layers (Ho et al. 2020). Models that were distilled
/// with the guidance inside see its weight beside the timestep (Meng et al., "On Distillation of Guided Diffusion Models",
/// 2023, section 3.1; Luo et al., "Latent Consistency Models", 2023).
struct TimestepEmbedding {
  private let sinusoids: Sinusoids
  private let first, second: Linear
  private let guidance: GuidanceEmbedding?
  private let activation: Activation

  /// - Parameters:
  ///   - width: of the result
  ///   - guidanceWidth: of the sines and cosines of the guidance; nil for models that are not told of it
  init(
    _ scope: WeightScope, width: Int, sinusoids: Sinusoids, guidanceWidth: Int? = nil, activation: Activation
  ) throws {
    self.sinusoids = sinusoids
    guidance = try guidanceWidth.map {
      try GuidanceEmbedding(scope["cond_proj"], inputs: $0, width: sinusoids.channels)
    }
    first = try Linear(scope["linear_1"], inputs: sinusoids.channels, outputs: width)
    second = try Linear(scope["linear_2"], inputs: width, outputs: width)
    self.activation = activation
  }

  var width: Int { second.outputs }

  /// {1, width}, or {rows, width} where rows are told of different guidance.
  ///
  /// - Parameter weights: of guidance, {rows, 1}; nil tells the model nothing of it
  func callAsFunction(_ timestep: Double, guidance weights: Tensor? = nil) throws -> Tensor {
    let values = sinusoids(timestep)
    let time = try Tensor(values, shape: [1, values.count])
    let seen = try guidance.flatMap { layer in try weights.map { try time.adding(layer($0)) } } ?? time
    return try second(first(seen, activation: activation))
  }
}
