import Glibc
import Neural
import Tensor

/// CLIP: pictures and texts as vectors that can be compared (Radford et al. 2021).
public final class CLIPModel {
  public let text: TextEncoder
  public let vision: VisionEncoder
  public let preprocessor: ImagePreprocessor
  public let tokenizer: any TextTokenizer
  /// What cosines are multiplied with before the softmax over classes.
  public let logitScale: Float
  /// Width of the vectors.
  public let featureWidth: Int

  /// Reads a directory as transformers writes it.
  ///
  /// - Parameters:
  ///   - tokenizer: if the directory has none of its own
  ///   - path: names the sites: `clip.text_model.layers.0`, `clip.vision_model.layers.0` …
  public init(_ source: ComponentSource, tokenizer: (any TextTokenizer)? = nil, path: String = "clip") throws
  {
    let configuration = try source.configuration()
    try CLIPSettings.checkModel(configuration)
    let scope = WeightScope(try source.weights(stem: "model").source)
    let width = try configuration.int("projection_dim", default: 512)
    featureWidth = width
    text = try TextEncoder(
      scope, configuration: CLIPSettings.tower("text", of: configuration), path: "\(path).text_model",
      projectionWidth: width)
    vision = try VisionEncoder(
      scope, configuration: CLIPSettings.tower("vision", of: configuration), path: "\(path).vision_model",
      projectionWidth: width)
    guard text.featureWidth == width, vision.featureWidth == width else {
      throw PipelineError(
        "\(source.directory): text_projection or visual_projection is missing: not a full CLIP")
    }
    logitScale = exp(try scope.tensor("logit_scale", shape: []).item())
    let preprocessing = "\(source.directory)/preprocessor_config.json"
    preprocessor =
      access(preprocessing, F_OK) == 0
      ? try ImagePreprocessor(Configuration(file: preprocessing))
      : ImagePreprocessor(imageSize: vision.imageSize)
    let hasTokenizer = ["tokenizer.json", "vocab.json"].contains {
      access("\(source.directory)/\($0)", F_OK) == 0
    }
    self.tokenizer =
      try hasTokenizer
      ? Tokenizer(directory: source.directory) : tokenizer ?? Tokenizer(directory: source.directory)
  }

  /// A picture {H, W, 3} in [0, 1] as a unit vector {featureWidth}.
  public func image(_ image: Tensor, context: RunContext = RunContext()) throws -> Tensor {
    let pixels = try preprocessor(image).unsqueezed(0).contiguous()
    return try vision.features(pixels, context: context).normalizedRows().selected(0, 0)
  }

  /// Texts as unit vectors {texts, featureWidth}; what does not fit into the tokenizer's length is cut off.
  public func texts(_ texts: [String], context: RunContext = RunContext()) throws -> Tensor {
    let ids = try texts.map { try tokenizer.tokenize($0).ids }
    return try text.features(ids: ids, context: context).normalizedRows()
  }

  /// How probable each text is as the caption of a picture {H, W, 3}: {texts}, sums to 1.
  public func classify(_ image: Tensor, _ texts: [String], context: RunContext = RunContext()) throws
    -> Tensor
  {
    guard !texts.isEmpty else { throw PipelineError("there is no text to choose from") }
    let feature = try self.image(image, context: context)
    let cosines = try self.texts(texts, context: context).matmul(feature.unsqueezed(1)).squeezed(1)
    return try cosines.multiplying(logitScale).softmax(dim: 0)
  }
}

extension Tensor {
  /// Each row of {n, d} divided by its length.
  func normalizedRows() throws -> Tensor { try dividing(norm(dim: 1, keepDim: true)) }
}
