import Neural
import Tensor

/// The vision tower of CLIP: a picture to one vector.
///
/// Reads `CLIPVisionModel` and `CLIPVisionModelWithProjection`, with and without the prefix `vision_model`.
public final class VisionEncoder {
  /// Height and width of the pictures it takes.
  public let imageSize: Int
  public let width: Int
  /// Width of `features`; nil if the checkpoint has no projection.
  public var featureWidth: Int? { projection?.outputs }

  private let patches: Conv2d
  /// {width}
  private let classEmbedding: Tensor
  private let positions: Embedding
  private let norm1, norm2: LayerNorm
  private let stack: CLIPStack
  private let projection: Linear?
  private let channels: Int

  /// - Parameters:
  ///   - path: names the sites: `vision_model.layers.0` …
  ///   - projectionWidth: of `features`, if the configuration itself does not say
  public init(
    _ scope: WeightScope, configuration: Configuration, path: String = "vision_model",
    projectionWidth: Int? = nil
  ) throws {
    try CLIPSettings.checkVision(configuration)
    let shape = try CLIPStackShape(configuration, width: 768, hidden: 3072, layers: 12, heads: 12)
    let root = scope.has("vision_model.embeddings.class_embedding") ? scope["vision_model"] : scope
    let embeddings = root["embeddings"]
    imageSize = try configuration.int("image_size", default: 224)
    width = shape.width
    channels = try configuration.int("num_channels", default: 3)
    let patch = try configuration.int("patch_size", default: 32)
    guard imageSize >= patch else {
      throw PipelineError("\(configuration.path): patch_size \(patch) is larger than image_size \(imageSize)")
    }
    patches = try Conv2d(
      embeddings["patch_embedding"], inputs: channels, outputs: width, kernel: patch, stride: patch,
      padding: .same(0), bias: false)
    classEmbedding = try embeddings.tensor("class_embedding", shape: [width])
    let side = imageSize / patch
    positions = try Embedding(embeddings["position_embedding"], entries: side * side + 1, width: width)
    norm1 = try LayerNorm(root["pre_layrnorm"], width: width, epsilon: shape.epsilon)
    norm2 = try LayerNorm(root["post_layernorm"], width: width, epsilon: shape.epsilon)
    stack = try CLIPStack(root["encoder"], shape: shape, path: path)
    projection =
      scope.has("visual_projection.weight")
      ? try Linear(
        scope["visual_projection"], inputs: width,
        outputs: projectionWidth ?? configuration.int("projection_dim", default: 512), bias: false)
      : nil
  }

  /// - Parameter pixels: {N, imageSize, imageSize, 3}, normalised as `ImagePreprocessor` does
  /// - Returns: the last layer at every position, class token first, before the last norm: {N, patches + 1, width}
  public func callAsFunction(_ pixels: Tensor, context: RunContext) throws -> Tensor {
    guard pixels.rank == 4, Array(pixels.shape[1...]) == [imageSize, imageSize, channels] else {
      throw PipelineError(
        "the vision encoder takes pictures {N, \(imageSize), \(imageSize), \(channels)}, "
          + "got \(Shape.text(pixels.shape))")
    }
    let count = pixels.shape[0]
    let embedded = try patches(pixels).reshaped([count, -1, width])
    let sequence = try Tensor.concatenated([classEmbedding.expanded([count, 1, width]), embedded], dim: 1)
    let start = try norm1(sequence.adding(positions.weight.tensor()))
    return try stack(start, mask: .none, context: context)
  }

  /// The class token after the last norm, {N, width}.
  public func pooled(_ pixels: Tensor, context: RunContext) throws -> Tensor {
    try norm2(callAsFunction(pixels, context: context).selected(1, 0).contiguous())
  }

  /// What CLIP compares with texts: the pooled vector after the projection, not normalised, {N, features}.
  public func features(_ pixels: Tensor, context: RunContext) throws -> Tensor {
    guard let projection else {
      throw PipelineError("this vision encoder has no projection (visual_projection)")
    }
    return try projection(pooled(pixels, context: context))
  }
}
