import Glibc
import Neural
import Tensor

/// The weight of guidance, less 1, in thousandths as sines and cosines of falling frequencies, and a linear layer to the
/// width of the timestep's (Luo et al., "Latent Consistency Models", 2023).
struct GuidanceEmbedding {
  private let frequencies: [Float]
  private let projection: Linear

  /// - Parameters:
  ///   - inputs: number of sines and cosines together, even and at least 4
  ///   - width: of the result
  init(_ scope: WeightScope, inputs: Int, width: Int) throws {
    let half = inputs / 2
    // In the order of diffusers: weights times frequencies are large angles, in which every rounding shows.
    let step = Float(log(10000.0)) / Float(half - 1)
    frequencies = (0..<half).map { exp(Float($0) * -step) }
    projection = try Linear(scope, inputs: inputs, outputs: width, bias: false)
  }

  /// {1, width} where all rows have the same weight, else {rows, width}.
  ///
  /// - Parameter weights: {rows, 1}
  func callAsFunction(_ weights: Tensor) throws -> Tensor {
    let all = weights.toArray()
    let distinct = Set(all).count == 1 ? Array(all.prefix(1)) : all
    let seen = distinct.flatMap { weight in
      let angles = frequencies.map { (weight - 1) * 1000 * $0 }
      return angles.map { sin($0) } + angles.map { cos($0) }
    }
    return try projection(Tensor(seen, shape: [distinct.count, 2 * frequencies.count]))
  }
}
