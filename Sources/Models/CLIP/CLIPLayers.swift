import Neural
import Tensor

/// The sizes of a stack of transformer layers, as the text and the vision tower of CLIP have them.
struct CLIPStackShape {
  let width, hidden, layers, heads: Int
  let activation: Activation
  let epsilon: Float

  init(_ configuration: Configuration, width: Int, hidden: Int, layers: Int, heads: Int) throws {
    self.width = try configuration.int("hidden_size", default: width)
    self.hidden = try configuration.int("intermediate_size", default: hidden)
    self.layers = try configuration.int("num_hidden_layers", default: layers)
    self.heads = try configuration.int("num_attention_heads", default: heads)
    activation = try configuration.activation("hidden_act", default: "quick_gelu")
    epsilon = Float(try configuration.double("layer_norm_eps", default: 1e-5))
    guard self.width % self.heads == 0 else {
      throw PipelineError(
        "\(configuration.path): hidden_size \(self.width) is not a multiple of num_attention_heads \(self.heads)"
      )
    }
  }
}

/// A stack of pre-norm transformer layers.
struct CLIPStack {
  let layers: [CLIPLayer]

  /// Reads `layers.0`, `layers.1`, …; sites are named `path`.layers.0 and so on.
  init(_ scope: WeightScope, shape: CLIPStackShape, path: String) throws {
    layers = try (0..<shape.layers).map {
      try CLIPLayer(scope["layers", $0], shape: shape, path: "\(path).layers.\($0)")
    }
  }

  func list(_ sites: inout SiteList) { layers.forEach { $0.list(&sites) } }

  /// The output of every layer, each {N, L, width}, for an input {N, L, width}.
  func states(_ x: Tensor, mask: AttentionMask, context: RunContext) throws -> [Tensor] {
    var states: [Tensor] = []
    for layer in layers { states.append(try layer(states.last ?? x, mask: mask, context: context)) }
    return states
  }

  /// The output of the last layer.
  func callAsFunction(_ x: Tensor, mask: AttentionMask, context: RunContext) throws -> Tensor {
    try layers.reduce(x) { try $1($0, mask: mask, context: context) }
  }
}

/// x + attention(norm(x)), then x + mlp(norm(x)).
struct CLIPLayer {
  let path: String
  let norm1, norm2: LayerNorm
  let attention: SelfAttention
  let up, down: Linear
  let activation: Activation
  private let norm1Site, norm2Site, hiddenSite, feedForwardSite: String

  init(_ scope: WeightScope, shape: CLIPStackShape, path: String) throws {
    self.path = path
    (norm1Site, norm2Site) = ("\(path).layer_norm1", "\(path).layer_norm2")
    (hiddenSite, feedForwardSite) = ("\(path).mlp.activation_fn", "\(path).mlp")
    norm1 = try LayerNorm(scope["layer_norm1"], width: shape.width, epsilon: shape.epsilon)
    norm2 = try LayerNorm(scope["layer_norm2"], width: shape.width, epsilon: shape.epsilon)
    let attentionScope = scope["self_attn"]
    attention = try SelfAttention(
      projections: ["q_proj", "k_proj", "v_proj"].map { attentionScope[$0] },
      output: Linear(attentionScope["out_proj"], inputs: shape.width, outputs: shape.width),
      width: shape.width, heads: shape.heads, bias: true,
      site: AttentionSite("\(path).self_attn", kind: .other))
    up = try Linear(scope["mlp.fc1"], inputs: shape.width, outputs: shape.hidden)
    down = try Linear(scope["mlp.fc2"], inputs: shape.hidden, outputs: shape.width)
    activation = shape.activation
  }

  func list(_ sites: inout SiteList) {
    let width = down.outputs
    sites.add(norm1Site, .norm, .sequence(.tokens), width: width)
    sites.add(attention.site, heads: attention.heads, width: width)
    sites.add(norm2Site, .norm, .sequence(.tokens), width: width)
    sites.add(hiddenSite, .hidden, .sequence(.tokens), width: up.outputs)
    sites.add(feedForwardSite, .feedForward, .sequence(.tokens), width: width)
    sites.add(path, .output, .sequence(.tokens), width: width)
  }

  func callAsFunction(_ x: Tensor, mask: AttentionMask, context: RunContext) throws -> Tensor {
    let attended = try attention(
      context.visit(norm1Site, norm1(x)), residual: x, mask: mask, context: context)
    let hidden = try context.visit(
      hiddenSite, up(context.visit(norm2Site, norm2(attended)), activation: activation))
    return try context.visit(
      path, context.project(hidden, down, residual: attended, site: feedForwardSite))
  }
}
