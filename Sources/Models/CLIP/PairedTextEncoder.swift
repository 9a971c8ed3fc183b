import Tensor

/// The two text towers of Stable Diffusion XL: cross-attention sees the last layer but one of both, side by side and without
/// the final norm; the second also gives the pooled text (Podell et al. 2023, section 2.1).
public final class PairedTextEncoder: SoftTextEmbedder {
  public let embeddingWidth: Int
  public let pooledWidth: Int?
  private let first, second: TextEncoder
  private let padding: Padding

  /// How a text that was padded for the first tower is padded for the second.
  public struct Padding: Sendable {
    let end, first, second: Int

    /// - Parameters:
    ///   - end: the id that ends a text
    ///   - first: the id that fills it up in the first tower; and in the second
    public init(end: Int, first: Int, second: Int) {
      (self.end, self.first, self.second) = (end, first, second)
    }

    /// Only what follows the first end of the text is padding.
    func callAsFunction(_ ids: [Int]) -> [Int] {
      guard first != second, let last = ids.firstIndex(of: end) else { return ids }
      return ids.enumerated().map { $0 > last && $1 == first ? second : $1 }
    }
  }

  /// - Throws: `PipelineError` if the second has no projection, which makes the pooled text.
  public init(_ first: TextEncoder, _ second: TextEncoder, padding: Padding) throws {
    guard let width = second.featureWidth else {
      throw PipelineError(
        "text_encoder_2 has no projection (text_projection): not the second tower of this family")
    }
    (self.first, self.second, self.padding) = (first, second, padding)
    pooledWidth = width
    embeddingWidth = first.embeddingWidth + second.embeddingWidth
  }

  public func sites() -> SiteList {
    // Nobody asks for the first tower's final norm.
    var sites = first.layerSites()
    sites.add(second.sites())
    return sites
  }

  public func releaseWeights() {
    first.releaseWeights()
    second.releaseWeights()
  }

  public func callAsFunction(ids: [[Int]], context: RunContext) throws -> Tensor {
    try conditioning(ids: ids, context: context).tokens
  }

  public func conditioning(ids: [[Int]], context: RunContext) throws -> TextConditioning {
    let padded = ids.map { padding($0) }
    let ends = padded.map { second.endPosition(in: $0, end: padding.end) }
    return try conditioning(first.embed(ids), second.embed(padded), ends: ends, context: context)
  }

  /// The vectors of all tokens in both towers side by side, {vocabulary, embeddingWidth}.
  public func tokenTable() throws -> Tensor {
    try .concatenated([first.tokenTable(), second.tokenTable()], dim: 1)
  }

  public func encode(_ embeddings: Tensor, context: RunContext) throws -> Tensor {
    try conditioning(embeddings, context: context).tokens
  }

  /// The pooled text is that of the position whose vector is nearest to the end token's.
  public func conditioning(_ embeddings: Tensor, context: RunContext) throws -> TextConditioning {
    guard embeddings.rank == 3, embeddings.shape[2] == embeddingWidth else {
      throw PipelineError(
        "token embeddings must be {texts, tokens, \(embeddingWidth)}, got \(Shape.text(embeddings.shape))")
    }
    let own = try embeddings.narrowed(2, start: first.embeddingWidth, length: second.embeddingWidth)
    let end = try second.tokenTable().detached.selected(0, padding.end)
    let ends = try (0..<own.shape[0]).map { text in
      let apart = try own.detached.selected(0, text).subtracting(end)
      let distances = try apart.multiplying(apart).sum(dim: 1).toArray()
      return distances.indices.min { distances[$0] < distances[$1] } ?? 0
    }
    return try conditioning(
      embeddings.narrowed(2, start: 0, length: first.embeddingWidth).contiguous(), own.contiguous(),
      ends: ends, context: context)
  }

  /// - Parameter ends: the position at which each text is pooled
  private func conditioning(
    _ one: Tensor, _ two: Tensor, ends: [Int], context: RunContext
  ) throws -> TextConditioning {
    let (left, right) = (
      try first.layers(of: one, context: context), try second.layers(of: two, context: context)
    )
    return TextConditioning(
      tokens: try .concatenated([left.penultimate, right.penultimate], dim: 2),
      pooled: try second.projected(right.last, at: ends, context: context))
  }
}
