import Neural
import Tensor

/// What Stable Diffusion XL adds to the time vector: the pooled text and the picture's sizes, through two linear layers
/// (Podell et al. 2023, section 2.2; `addition_embed_type = "text_time"`).
struct AdditionEmbedding {
  /// Of the pooled text.
  let pooledWidth: Int
  /// How many numbers say the sizes: of the original, of the crop, of the target.
  static let sizeCount = 6

  private let sinusoids: Sinusoids
  private let first, second: Linear
  private let activation: Activation

  /// - Parameters:
  ///   - inputs: of the first layer: the pooled text and the sizes, each as `channels` sines and cosines
  ///   - width: of the time vector
  init(
    _ scope: WeightScope, inputs: Int, width: Int, sinusoids: Sinusoids, activation: Activation
  ) throws {
    pooledWidth = inputs - Self.sizeCount * sinusoids.channels
    self.sinusoids = sinusoids
    first = try Linear(scope["linear_1"], inputs: inputs, outputs: width)
    second = try Linear(scope["linear_2"], inputs: width, outputs: width)
    self.activation = activation
  }

  /// {rows, width}
  func callAsFunction(_ text: TextConditioning) throws -> Tensor {
    let rows = text.tokens.shape[0]
    guard let pooled = text.pooled, pooled.shape == [rows, pooledWidth] else {
      throw PipelineError(
        "the UNet takes pooled texts {\(rows), \(pooledWidth)}, "
          + "got \(text.pooled.map { Shape.text($0.shape) } ?? "none")")
    }
    guard let sizes = text.extra[TextConditioning.sizes], sizes.shape == [rows, Self.sizeCount] else {
      throw PipelineError("the UNet takes \(Self.sizeCount) numbers on the picture's size for each row")
    }
    let seen = try Tensor(
      sizes.toArray().flatMap { sinusoids(Double($0)) }, shape: [rows, Self.sizeCount * sinusoids.channels])
    return try second(first(.concatenated([pooled, seen], dim: 1), activation: activation))
  }
}
