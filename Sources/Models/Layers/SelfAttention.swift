import Neural
import Tensor

/// Attention of a sequence to itself: queries, keys and values come from one product.
struct SelfAttention {
  let projection: Linear
  let output: Linear
  let width, heads: Int
  let scale: Float
  let site: AttentionSite

  /// - Parameters:
  ///   - projections: the weights of queries, keys and values, each {width, inputs}
  ///   - inputs: width of the sequence, if it is not `width`
  ///   - bias: whether the projections have one
  init(
    projections: [WeightScope], output: Linear, width: Int, inputs: Int? = nil, heads: Int, bias: Bool,
    site: AttentionSite
  ) throws {
    projection = try Linear(joining: projections, inputs: inputs ?? width, outputs: width, bias: bias)
    self.output = output
    self.width = width
    self.heads = heads
    scale = 1 / Float(width / heads).squareRoot()
    self.site = site
  }

  /// - Parameters:
  ///   - x: {N, L, inputs}
  ///   - residual: {N, L, outputs}, added to the result
  ///   - height: of the map that the sequence is, with `width`; nil if it is none
  /// - Returns: {N, L, outputs}
  func callAsFunction(
    _ x: Tensor, residual: Tensor, mask: AttentionMask = .none, height: Int? = nil,
    width mapWidth: Int? = nil,
    context: RunContext
  ) throws -> Tensor {
    let joint = try projection(x)
    func part(_ index: Int) throws -> Tensor { try joint.narrowed(-1, start: index * width, length: width) }
    let attended = try context.attention(
      site, query: part(0), key: part(1), value: part(2), heads: heads, scale: scale, mask: mask,
      height: height, width: mapWidth)
    return try context.project(
      attended, output, residual: residual, site: site.output, height: height, width: mapWidth)
  }
}

extension RunContext {
  /// A layer's last projection and its residual: one product, or two steps if a hook wants to see what lies between.
  func project(
    _ x: Tensor, _ linear: Linear, residual: Tensor, site: String, height: Int? = nil, width: Int? = nil
  ) throws -> Tensor {
    guard listens(to: site) else { return try linear(x, residual: residual) }
    return try visit(site, linear(x), height: height, width: width).adding(residual)
  }
}
