import Neural
import Tensor

/// The text tower of CLIP: token ids to one vector per position.
///
/// Reads `CLIPTextModel` and `CLIPTextModelWithProjection`, with and without the prefix `text_model`.
public final class TextEncoder: SoftTextEmbedder {
  public let embeddingWidth: Int
  /// The table of token embeddings, {vocabulary, width}.
  public func tokenTable() throws -> Tensor { try tokens.weight.tensor() }
  /// Most ids in a text.
  public let maximumLength: Int
  /// Width of `features`; nil if the checkpoint has no projection.
  public var featureWidth: Int? { projection?.outputs }

  private let tokens, positions: Embedding
  private let stack: CLIPStack
  private let finalNorm: LayerNorm
  private let projection: Linear?
  private let endToken: Int
  private let pool: WeightPool
  private let embeddingSite, normSite: String

  /// - Parameters:
  ///   - path: names the sites: `text_encoder.layers.0` …
  ///   - projectionWidth: of `features`, if the configuration itself does not say
  public init(
    _ scope: WeightScope, configuration: Configuration, path: String = "text_encoder",
    projectionWidth: Int? = nil
  ) throws {
    // The config of a whole CLIP may stand for its text tower's.
    let isWhole = configuration.json["model_type"]?.string == "clip"
    if isWhole { try CLIPSettings.checkModel(configuration) }
    let configuration = isWhole ? try CLIPSettings.tower("text", of: configuration) : configuration
    try CLIPSettings.checkText(configuration)
    let shape = try CLIPStackShape(configuration, width: 512, hidden: 2048, layers: 12, heads: 8)
    let prefix = "text_model.embeddings.token_embedding.weight"
    let root = scope.has(prefix) ? scope["text_model"] : scope
    pool = scope.pool
    (embeddingSite, normSite) = ("\(path).embeddings", "\(path).final_layer_norm")
    maximumLength = try configuration.int("max_position_embeddings", default: 77)
    embeddingWidth = shape.width
    tokens = try Embedding(
      root["embeddings.token_embedding"], entries: configuration.int("vocab_size", default: 49408),
      width: shape.width)
    positions = try Embedding(
      root["embeddings.position_embedding"], entries: maximumLength, width: shape.width)
    stack = try CLIPStack(root["encoder"], shape: shape, path: path)
    finalNorm = try LayerNorm(root["final_layer_norm"], width: shape.width, epsilon: shape.epsilon)
    projection =
      scope.has("text_projection.weight")
      ? try Linear(
        scope["text_projection"], inputs: shape.width,
        outputs: projectionWidth ?? configuration.int("projection_dim", default: 512), bias: false)
      : nil
    endToken = try configuration.int("eos_token_id", default: 49407, minimum: 0)
  }

  public func sites() -> SiteList {
    var sites = layerSites()
    sites.add(normSite, .norm, .sequence(.tokens), width: embeddingWidth)
    return sites
  }

  /// Those before the final norm.
  func layerSites() -> SiteList {
    var sites = SiteList()
    sites.add(embeddingSite, .embedding, .sequence(.tokens), width: embeddingWidth)
    stack.list(&sites)
    return sites
  }

  public func releaseWeights() { pool.release() }

  public func callAsFunction(ids: [[Int]], context: RunContext) throws -> Tensor {
    try encode(embed(ids), context: context)
  }

  /// Rows of the token table for each id, {texts, tokens, width}; all texts have the same length.
  public func embed(_ ids: [[Int]]) throws -> Tensor {
    let length = ids.first?.count ?? 0
    guard length > 0, ids.allSatisfy({ $0.count == length }) else {
      throw PipelineError("the texts of a batch must have the same number of tokens, at least one")
    }
    for id in ids.joined() where !(0..<tokens.entries).contains(id) {
      throw PipelineError("token id \(id) is not in the vocabulary of \(tokens.entries)")
    }
    return try tokens(Array(ids.joined())).viewed([ids.count, length, embeddingWidth])
  }

  /// The tower on token embeddings, which may be mixtures of the table's rows.
  ///
  /// - Parameter embeddings: {texts, tokens, width}, without positions
  /// - Returns: {texts, tokens, width}: the last layer after the final norm
  public func encode(_ embeddings: Tensor, context: RunContext) throws -> Tensor {
    try context.visit(
      normSite, finalNorm(stack(placed(embeddings, context), mask: .causal, context: context)))
  }

  /// The output of every layer, {texts, tokens, width} each, before the final norm.
  public func hiddenStates(ids: [[Int]], context: RunContext) throws -> [Tensor] {
    try stack.states(placed(embed(ids), context), mask: .causal, context: context)
  }

  /// The output of the last layer but one and of the last, each before the final norm, {texts, tokens, width}.
  ///
  /// - Parameter embeddings: {texts, tokens, width}, without positions
  func layers(
    of embeddings: Tensor, context: RunContext
  ) throws -> (penultimate: Tensor, last: Tensor) {
    let start = try placed(embeddings, context)
    let states = try [start] + stack.states(start, mask: .causal, context: context)
    return (states[max(states.count - 2, 0)], states[states.count - 1])
  }

  /// The final norm and the projection of one position of each text, {texts, features}.
  ///
  /// - Parameter hidden: the last layer's output, {texts, tokens, width}
  func projected(_ hidden: Tensor, at positions: [Int], context: RunContext) throws -> Tensor {
    guard let projection else { throw PipelineError("this text encoder has no projection (text_projection)") }
    let normed = try context.visit(normSite, finalNorm(hidden))
    let rows = try positions.enumerated().map { try normed.selected(0, $0).selected(0, $1) }
    return try projection(.stacked(rows, dim: 0))
  }

  /// With the vectors of their positions.
  private func placed(_ embeddings: Tensor, _ context: RunContext) throws -> Tensor {
    guard embeddings.rank == 3, embeddings.shape[2] == embeddingWidth, embeddings.shape[1] <= maximumLength
    else {
      throw PipelineError(
        "token embeddings must be {texts, up to \(maximumLength), \(embeddingWidth)}, "
          + "got \(Shape.text(embeddings.shape))")
    }
    let places = try positions.weight.tensor().narrowed(0, start: 0, length: embeddings.shape[1])
    return try context.visit(embeddingSite, embeddings.adding(places))
  }

  /// The vector at each text's end token, {texts, width}.
  ///
  /// - Parameter hidden: {texts, tokens, width}, as `callAsFunction` returns it for these ids
  public func pooled(_ hidden: Tensor, ids: [[Int]]) throws -> Tensor {
    let rows = try ids.enumerated().map { index, ids in
      try hidden.selected(0, index).selected(0, endPosition(in: ids))
    }
    return try .stacked(rows, dim: 0)
  }

  /// Checkpoints from before the end token was configurable say 2 and mean the largest id; words that were added since
  /// have larger ones, and do not end a text.
  ///
  /// - Parameter end: the tokenizer's end token, where it is known
  func endPosition(in ids: [Int], end: Int? = nil) -> Int {
    if endToken != 2 { return ids.firstIndex(of: endToken) ?? 0 }
    let largest = ids.max() ?? 0
    if let end, largest > end, let found = ids.firstIndex(of: end) { return found }
    return ids.firstIndex(of: largest) ?? 0
  }

  /// What CLIP compares with images: the pooled vector after the projection, not normalised, {texts, features}.
  public func features(ids: [[Int]], context: RunContext) throws -> Tensor {
    guard let projection else { throw PipelineError("this text encoder has no projection (text_projection)") }
    return try projection(pooled(callAsFunction(ids: ids, context: context), ids: ids))
  }
}
