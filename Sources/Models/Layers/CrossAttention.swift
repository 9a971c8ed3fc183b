import Neural
import Tensor

/// Attention of a map's positions to the tokens of a prompt. Keys and values come from one product, which is kept
/// for as long as the prompt stays the same.
struct CrossAttention {
  let query: Linear
  let keyValue: Linear
  let output: Linear
  let width, heads: Int
  let scale: Float
  let site: AttentionSite

  /// Reads `to_q`, `to_k`, `to_v` (without bias) and `to_out.0`.
  init(_ scope: WeightScope, width: Int, embeddingWidth: Int, heads: Int, site: AttentionSite) throws {
    query = try Linear(scope["to_q"], inputs: width, outputs: width, bias: false)
    keyValue = try Linear(
      joining: [scope["to_k"], scope["to_v"]], inputs: embeddingWidth, outputs: width, bias: false)
    output = try Linear(scope["to_out.0"], inputs: width, outputs: width)
    self.width = width
    self.heads = heads
    scale = 1 / Float(width / heads).squareRoot()
    self.site = site
  }

  /// - Parameters:
  ///   - x: {N, H·W, width}
  ///   - embedding: {N, tokens, embeddingWidth}
  ///   - residual: {N, H·W, width}, added to the result
  /// - Returns: {N, H·W, width}
  func callAsFunction(
    _ x: Tensor, embedding: Tensor, residual: Tensor, height: Int, width mapWidth: Int, context: RunContext
  ) throws -> Tensor {
    let joint = try keysAndValues(embedding, context: context)
    let attended = try context.attention(
      site, query: query(x), key: joint.narrowed(-1, start: 0, length: width),
      value: joint.narrowed(-1, start: width, length: width), heads: heads, scale: scale, height: height,
      width: mapWidth)
    return try context.project(
      attended, output, residual: residual, site: site.output, height: height, width: mapWidth)
  }

  private func keysAndValues(_ embedding: Tensor, context: RunContext) throws -> Tensor {
    if embedding.requiresGradient { return try keyValue(embedding) }
    return try context.conditioning.value(site.path) { try keyValue(embedding) }
  }
}
