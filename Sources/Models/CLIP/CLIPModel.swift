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

  public init(
    text: TextEncoder, vision: VisionEncoder, preprocessor: ImagePreprocessor, tokenizer: any TextTokenizer,
    logitScale: Float, featureWidth: Int
  ) {
    self.text = text
    self.vision = vision
    self.preprocessor = preprocessor
    self.tokenizer = tokenizer
    self.logitScale = logitScale
    self.featureWidth = featureWidth
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
