import Neural
import Tensor

/// One layer of a spatial transformer: self-attention, cross-attention, feed-forward, each after a layer norm and
/// around a residual (Rombach et al. 2022).
struct TransformerBlock {
  private enum First {
    case own(SelfAttention)
    /// Models with `only_cross_attention` look at the prompt here too.
    case prompt(CrossAttention)
  }

  private let norm1, norm2, norm3: LayerNorm
  private let attention1: First
  private let attention2: CrossAttention
  private let up, down: Linear
  private let sites: Sites

  /// The names of a layer's own sites.
  private struct Sites {
    let norm1, norm2, norm3, hidden, feedForward, path: String

    init(_ path: String) {
      (norm1, norm2, norm3) = ("\(path).norm1", "\(path).norm2", "\(path).norm3")
      (hidden, feedForward) = ("\(path).ff.net.0", "\(path).ff")
      self.path = path
    }
  }

  init(
    _ scope: WeightScope, width: Int, embeddingWidth: Int, heads: Int, onlyCrossAttention: Bool, path: String
  ) throws {
    norm1 = try LayerNorm(scope["norm1"], width: width)
    norm2 = try LayerNorm(scope["norm2"], width: width)
    norm3 = try LayerNorm(scope["norm3"], width: width)
    let own = scope["attn1"]
    if onlyCrossAttention {
      attention1 = .prompt(
        try CrossAttention(
          own, width: width, embeddingWidth: embeddingWidth, heads: heads,
          site: AttentionSite("\(path).attn1", kind: .cross)))
    } else {
      attention1 = .own(
        try SelfAttention(
          projections: ["to_q", "to_k", "to_v"].map { own[$0] },
          output: Linear(own["to_out.0"], inputs: width, outputs: width), width: width, heads: heads,
          bias: false,
          site: AttentionSite("\(path).attn1", kind: .selfAttention)))
    }
    attention2 = try CrossAttention(
      scope["attn2"], width: width, embeddingWidth: embeddingWidth, heads: heads,
      site: AttentionSite("\(path).attn2", kind: .cross))
    up = try Linear(scope["ff.net.0.proj"], inputs: width, outputs: 8 * width)
    down = try Linear(scope["ff.net.2"], inputs: 4 * width, outputs: width)
    sites = Sites(path)
  }

  func list(_ list: inout SiteList) {
    let width = down.outputs
    list.add(sites.norm1, .norm, .sequence(.positions), width: width)
    switch attention1 {
    case .own(let attention): list.add(attention.site, heads: attention.heads, width: width)
    case .prompt(let attention): list.add(attention.site, heads: attention.heads, width: width)
    }
    list.add(sites.norm2, .norm, .sequence(.positions), width: width)
    list.add(attention2.site, heads: attention2.heads, width: width)
    list.add(sites.norm3, .norm, .sequence(.positions), width: width)
    list.add(sites.hidden, .hidden, .sequence(.positions), width: 4 * width)
    list.add(sites.feedForward, .feedForward, .sequence(.positions), width: width)
    list.add(sites.path, .output, .sequence(.positions), width: width)
  }

  /// - Parameters:
  ///   - x: {N, H·W, width}
  ///   - embedding: {N, tokens, embeddingWidth}
  /// - Returns: {N, H·W, width}
  func callAsFunction(_ x: Tensor, embedding: Tensor, height: Int, width: Int, context: RunContext) throws
    -> Tensor
  {
    func visit(_ site: String, _ value: Tensor) throws -> Tensor {
      try context.visit(site, value, height: height, width: width)
    }
    var x = x
    let normed = try visit(sites.norm1, norm1(x))
    switch attention1 {
    case .own(let attention):
      x = try attention(normed, residual: x, height: height, width: width, context: context)
    case .prompt(let attention):
      x = try attention(
        normed, embedding: embedding, residual: x, height: height, width: width, context: context)
    }
    x = try attention2(
      visit(sites.norm2, norm2(x)), embedding: embedding, residual: x, height: height, width: width,
      context: context)
    let hidden = try visit(sites.hidden, up(visit(sites.norm3, norm3(x))).geglu())
    return try visit(
      sites.path,
      context.project(hidden, down, residual: x, site: sites.feedForward, height: height, width: width))
  }
}

/// Transformer layers over the positions of a map, between two projections and around a residual.
struct SpatialTransformer {
  private let norm: GroupNorm
  private let input, output: Linear
  private let blocks: [TransformerBlock]
  private let path, normSite, inputSite: String

  /// - Parameter linear: whether the projections are stored as linear layers or as 1 × 1 convolutions
  init(
    _ scope: WeightScope, channels: Int, embeddingWidth: Int, heads: Int, layers: Int, groups: Int,
    linear: Bool,
    onlyCrossAttention: Bool, path: String
  ) throws {
    guard channels % heads == 0 else {
      throw PipelineError("\(path): \(channels) channels do not divide into \(heads) attention heads")
    }
    norm = try GroupNorm(scope["norm"], channels: channels, groups: groups, epsilon: 1e-6)
    input = try Linear(scope["proj_in"], inputs: channels, outputs: channels, pointwise: !linear)
    output = try Linear(scope["proj_out"], inputs: channels, outputs: channels, pointwise: !linear)
    blocks = try (0..<layers).map { layer in
      try TransformerBlock(
        scope["transformer_blocks", layer], width: channels, embeddingWidth: embeddingWidth, heads: heads,
        onlyCrossAttention: onlyCrossAttention, path: "\(path).transformer_blocks.\(layer)")
    }
    self.path = path
    (normSite, inputSite) = ("\(path).norm", "\(path).proj_in")
  }

  func list(_ sites: inout SiteList) {
    let channels = output.outputs
    sites.add(map: normSite, width: channels, .norm)
    sites.add(inputSite, .projection, .sequence(.positions), width: channels)
    blocks.forEach { $0.list(&sites) }
    sites.add(map: path, width: channels)
  }

  /// - Parameters:
  ///   - x: {N, H, W, channels}
  ///   - embedding: {N, tokens, embeddingWidth}
  /// - Returns: {N, H, W, channels}
  func callAsFunction(_ x: Tensor, embedding: Tensor, context: RunContext) throws -> Tensor {
    let (count, height, width, channels) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3])
    let flat = [count, height * width, channels]
    let normed = try context.visitMap(normSite, norm(x))
    var sequence = try context.visit(inputSite, input(normed.reshaped(flat)), height: height, width: width)
    for block in blocks {
      sequence = try block(sequence, embedding: embedding, height: height, width: width, context: context)
    }
    return try context.visitMap(path, output(sequence, residual: x.reshaped(flat)).reshaped(x.shape))
  }
}
