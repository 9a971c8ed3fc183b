import Tensor

/// The parts of which a pipeline is made. A checkpoint's configs choose the types; the pipeline knows only these.

/// Predicts the noise (or the velocity, or the clean sample: the scheduler knows) in a noisy sample: a UNet.
public protocol NoisePredictor {
  /// Channels of the sample that is denoised.
  var sampleChannels: Int { get }
  /// Channels of what comes out: those of the sample, and in some models as many again, a variance for each.
  var outputChannels: Int { get }
  /// Channels that the model sees besides: of a mask and a masked picture in models for inpainting; else 0.
  var conditionChannels: Int { get }
  /// Latent height and width for which the model was trained.
  var sampleSize: (height: Int, width: Int) { get }
  /// Latents on a side of the patches into which the model cuts the sample, each of them whole: 1 for UNets, mostly 2 for transformers.
  var patchSize: Int { get }
  /// Width of the text embedding that cross-attention expects.
  var embeddingWidth: Int { get }
  /// Width of the pooled text that the model takes; nil if it takes none.
  var pooledWidth: Int? { get }
  /// How many numbers on the picture's size it takes.
  var sizeCount: Int { get }
  /// Whether it is told the weight of guidance, which it was distilled with: then one prediction is guided by itself.
  var takesGuidance: Bool { get }
  /// Where hooks and traces may listen.
  func sites() -> SiteList

  /// - Parameters:
  ///   - sample: {rows, H, W, sampleChannels + conditionChannels}
  ///   - text: of as many rows; tokens {rows, n, embeddingWidth}
  /// - Returns: {rows, H, W, outputChannels}
  func callAsFunction(
    _ sample: Tensor, timestep: Double, text: TextConditioning, context: RunContext
  ) throws -> Tensor
}

extension NoisePredictor {
  public var outputChannels: Int { sampleChannels }
  public var conditionChannels: Int { 0 }
  public var patchSize: Int { 1 }
  public var pooledWidth: Int? { nil }
  public var sizeCount: Int { 0 }
  public var takesGuidance: Bool { false }

  /// For a model that is told of tokens only.
  ///
  /// - Parameter embedding: {rows, tokens, embeddingWidth}
  public func callAsFunction(
    _ sample: Tensor, timestep: Double, embedding: Tensor, context: RunContext
  ) throws -> Tensor {
    try self(sample, timestep: timestep, text: TextConditioning(tokens: embedding), context: context)
  }
}

/// Turns pictures into latents and back: a VAE. A model that works on pixels has none.
public protocol ImageCodec {
  /// Pixels per latent in each direction.
  var factor: Int { get }
  var latentChannels: Int { get }
  /// Reads now what is otherwise read at its first use, so that a fault in the file is found now.
  func load() throws

  /// Where hooks may listen.
  func encoderSites() throws -> SiteList
  func decoderSites() throws -> SiteList

  /// - Parameter image: {rows, height, width, 3} in [-1, 1]
  /// - Returns: the mean of the latents, scaled as the UNet expects them, {rows, h, w, channels}
  func encode(_ image: Tensor, context: RunContext) throws -> Tensor

  /// As `encode`, but a draw from the distribution of the latents.
  ///
  /// - Parameter noise: unit normal, {n, h, w, channels}; n is the image's number of rows or, for one image, any
  func encode(_ image: Tensor, sampling noise: Tensor, context: RunContext) throws -> Tensor

  /// - Parameter latents: {rows, h, w, channels} as they leave the scheduler
  /// - Returns: {rows, height, width, 3}, nominally in [-1, 1], not clamped
  func decode(_ latents: Tensor, context: RunContext) throws -> Tensor
}

extension ImageCodec {
  public func load() throws {}

  public func encode(_ image: Tensor, sampling noise: Tensor, context: RunContext) throws -> Tensor {
    try encode(image, context: context).expanded(noise.shape)
  }
}

/// Maps token ids to what cross-attention sees.
public protocol TextEmbedder {
  var embeddingWidth: Int { get }
  /// Width of the pooled text; nil in families that have none.
  var pooledWidth: Int? { get }
  /// Where hooks may listen.
  func sites() -> SiteList

  /// - Parameter ids: one row of ids per text, all of the same length.
  /// - Returns: {texts, tokens, embeddingWidth}
  func callAsFunction(ids: [[Int]], context: RunContext) throws -> Tensor

  /// Everything that the noise predictor is told of the texts.
  func conditioning(ids: [[Int]], context: RunContext) throws -> TextConditioning

  /// Gives the memory of large weights back; they are read again when the next text comes.
  func releaseWeights()
}

extension TextEmbedder {
  public var patchSize: Int { 1 }
  public var pooledWidth: Int? { nil }

  public func conditioning(ids: [[Int]], context: RunContext) throws -> TextConditioning {
    TextConditioning(tokens: try self(ids: ids, context: context))
  }

  public func releaseWeights() {}
}

/// A text encoder that also takes mixtures of tokens, so that the choice of tokens can be differentiated.
public protocol SoftTextEmbedder: TextEmbedder {
  /// The vectors of all tokens, {vocabulary, embeddingWidth}.
  func tokenTable() throws -> Tensor

  /// - Parameter embeddings: mixtures of the table's rows, {texts, tokens, embeddingWidth}, without positions.
  /// - Returns: {texts, tokens, embeddingWidth}
  func encode(_ embeddings: Tensor, context: RunContext) throws -> Tensor

  /// Everything that the noise predictor is told of such texts.
  func conditioning(_ embeddings: Tensor, context: RunContext) throws -> TextConditioning
}

extension SoftTextEmbedder {
  public func conditioning(_ embeddings: Tensor, context: RunContext) throws -> TextConditioning {
    TextConditioning(tokens: try encode(embeddings, context: context))
  }
}

/// Cuts text into the tokens of a vocabulary.
public protocol TextTokenizer {
  var vocabularySize: Int { get }
  /// Number of ids in a padded text, special tokens included (77 in CLIP).
  var maximumLength: Int { get }
  /// Id of the token that starts a text; nil in vocabularies whose texts start with their first word.
  var begin: Int? { get }
  /// Ids of the tokens that end a text and fill it up.
  var end: Int { get }
  var pad: Int { get }

  /// The tokens of a text of any length, without start and end; `position` counts from 0.
  func contentTokens(of text: String) throws -> [Token]
  func tokenize(_ text: String) throws -> Tokenization
  func detokenize(_ ids: [Int]) throws -> String
}

/// One token of a text.
public struct Token: Hashable, Sendable {
  public let id: Int
  /// The piece of text, without end-of-word marks.
  public let text: String
  /// Number of the word to which the token belongs, from 1; nil for special tokens.
  public let word: Int?
  /// Row of the embedding, from 0.
  public let position: Int

  public init(id: Int, text: String, word: Int?, position: Int) {
    self.id = id
    self.text = text
    self.word = word
    self.position = position
  }
}

/// A text cut into tokens.
public struct Tokenization: Hashable, Sendable {
  /// From the begin-of-text token to the first end-of-text token, both included.
  public let tokens: [Token]
  /// The ids padded to the model's length.
  public let ids: [Int]
  /// The words that `Token.word` counts.
  public let words: [String]
  /// The end of the text that did not fit; nil if all of it did.
  public let truncated: String?

  public init(tokens: [Token], ids: [Int], words: [String] = [], truncated: String? = nil) {
    self.tokens = tokens
    self.ids = ids
    self.words = words
    self.truncated = truncated
  }
}
