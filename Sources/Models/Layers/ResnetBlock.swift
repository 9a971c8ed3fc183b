import Neural
import Tensor

/// Two convolutions, each after a group norm, around a residual: He et al. 2016 as diffusion models use it.
///
/// With a time embedding, its projection is added between the two. Where all rows have the same, it takes the place of the
/// first convolution's bias and costs nothing (`TimeBiases`); else each row's is added to its map.
struct ResnetBlock {
  let norm1, norm2: GroupNorm
  let conv1, conv2: Conv2d
  /// Where input and output differ in channels.
  let shortcut: Linear?
  let activation: Activation
  /// Where to find this block's bias among all; nil for a block without time embedding.
  let timeSlot: Range<Int>?
  let path: String
  private let norm1Site, norm2Site: String

  /// What blocks of one model have in common.
  struct Style {
    let groups: Int
    let epsilon: Float
    let activation: Activation
  }

  init(
    _ scope: WeightScope, inputs: Int, outputs: Int, style: Style, time: TimeBiases.Builder? = nil,
    path: String
  ) throws {
    norm1 = try GroupNorm(scope["norm1"], channels: inputs, groups: style.groups, epsilon: style.epsilon)
    norm2 = try GroupNorm(scope["norm2"], channels: outputs, groups: style.groups, epsilon: style.epsilon)
    conv1 = try Conv2d(scope["conv1"], inputs: inputs, outputs: outputs)
    conv2 = try Conv2d(scope["conv2"], inputs: outputs, outputs: outputs)
    shortcut =
      inputs == outputs
      ? nil : try Linear(scope["conv_shortcut"], inputs: inputs, outputs: outputs, pointwise: true)
    activation = style.activation
    timeSlot = try time?.add(scope["time_emb_proj"], outputs: outputs, to: conv1.bias)
    self.path = path
    (norm1Site, norm2Site) = ("\(path).norm1", "\(path).norm2")
  }

  func list(_ sites: inout SiteList) {
    sites.add(map: norm1Site, width: norm1.weight.count, .norm)
    sites.add(map: norm2Site, width: norm2.weight.count, .norm)
    sites.add(map: path, width: norm2.weight.count)
  }

  /// - Parameters:
  ///   - x: {N, H, W, inputs}
  ///   - timeBiases: the biases of all blocks for this step, as `TimeBiases` gives them; nil for blocks without time embedding
  /// - Returns: {N, H, W, outputs}
  func callAsFunction(_ x: Tensor, timeBiases: Tensor? = nil, context: RunContext) throws -> Tensor {
    let hidden = try first(context.norm(norm1Site, norm1, x, activation), timeBiases)
    let residual = try shortcut?(x) ?? x
    let output = try conv2(context.norm(norm2Site, norm2, hidden, activation), residual: residual)
    return try context.visitMap(path, output)
  }

  private func first(_ x: Tensor, _ timeBiases: Tensor?) throws -> Tensor {
    guard let slot = timeSlot,
      let bias = try timeBiases?.narrowed(-1, start: slot.lowerBound, length: slot.count)
    else { return try conv1(x) }
    guard bias.rank == 2 else { return try conv1(x, bias: bias) }
    return try conv1.withoutBias(x).adding(bias.reshaped([bias.shape[0], 1, 1, slot.count]))
  }
}

extension RunContext {
  /// A norm of a map and the activation after it: one kernel, or two if a hook wants to see what lies between.
  func norm(_ site: String, _ norm: GroupNorm, _ x: Tensor, _ activation: Activation) throws -> Tensor {
    guard listens(to: site) else { return try norm(x, activation: activation) }
    return try visitMap(site, norm(x)).applying(activation)
  }
}
