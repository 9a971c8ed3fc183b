import Neural
import Tensor

/// A residual block and, at levels that look at the prompt, the transformer after it.
struct UNetLayer {
  private let resnet: ResnetBlock
  private let attention: SpatialTransformer?

  /// - Parameters:
  ///   - scope: of the level
  ///   - index: of the layer in it
  init(
    _ scope: WeightScope, index: Int, inputs: Int, level: UNetConfiguration.Level, attends: Bool,
    model: UNetConfiguration, time: TimeBiases.Builder, path: String
  ) throws {
    resnet = try ResnetBlock(
      scope["resnets", index], inputs: inputs, outputs: level.channels, style: model.style, time: time,
      path: "\(path).resnets.\(index)")
    attention =
      attends
      ? try UNetLayer.attention(scope, index: index, level: level, model: model, path: path) : nil
  }

  fileprivate static func attention(
    _ scope: WeightScope, index: Int, level: UNetConfiguration.Level, model: UNetConfiguration, path: String
  ) throws -> SpatialTransformer {
    try SpatialTransformer(
      scope["attentions", index], channels: level.channels, embeddingWidth: level.embeddingWidth,
      heads: level.heads, layers: level.transformerLayers, groups: model.style.groups,
      linear: model.linearProjection, onlyCrossAttention: level.onlyCrossAttention,
      path: "\(path).attentions.\(index)")
  }

  func list(_ sites: inout SiteList) {
    resnet.list(&sites)
    attention?.list(&sites)
  }

  /// {N, H, W, inputs} to {N, H, W, channels}.
  func callAsFunction(_ x: Tensor, _ step: UNetStep) throws -> Tensor {
    let hidden = try resnet(x, timeBiases: step.timeBiases, context: step.context)
    return try attention?(hidden, embedding: step.embedding, context: step.context) ?? hidden
  }
}

/// What all blocks of a UNet see in one step.
struct UNetStep {
  /// {sum of the channels of all residual blocks}, or {N, sum} where each row has its own
  let timeBiases: Tensor
  /// Of N rows.
  let text: TextConditioning
  var embedding: Tensor { text.tokens }
  let context: RunContext
}

/// `DownBlock2D` and `CrossAttnDownBlock2D`.
struct UNetDownBlock {
  private let layers: [UNetLayer]
  private let downsampler: Downsampler?

  init(
    _ scope: WeightScope, inputs: Int, level: UNetConfiguration.Level, isLast: Bool, model: UNetConfiguration,
    time: TimeBiases.Builder, path: String
  ) throws {
    layers = try (0..<level.layers).map { index in
      try UNetLayer(
        scope, index: index, inputs: index == 0 ? inputs : level.channels, level: level,
        attends: level.kind == .crossAttention, model: model, time: time, path: path)
    }
    downsampler =
      isLast
      ? nil
      : try Downsampler(
        scope["downsamplers.0"], channels: level.channels, padding: model.downsamplePadding,
        path: "\(path).downsamplers.0")
  }

  func list(_ sites: inout SiteList) {
    layers.forEach { $0.list(&sites) }
    if let downsampler { sites.add(map: downsampler.path, width: downsampler.channels) }
  }

  /// {N, H, W, inputs} to {N, H/2, W/2, channels}; appends the output of every layer to `skips`.
  func callAsFunction(_ x: Tensor, skips: inout [Tensor], _ step: UNetStep) throws -> Tensor {
    var x = x
    for layer in layers {
      x = try layer(x, step)
      skips.append(x)
    }
    if let downsampler {
      x = try downsampler(x, context: step.context)
      skips.append(x)
    }
    return x
  }
}

/// `UNetMidBlock2DCrossAttn`.
struct UNetMiddleBlock {
  private let resnets: [ResnetBlock]
  private let attention: SpatialTransformer
  private let path: String

  init(_ scope: WeightScope, model: UNetConfiguration, time: TimeBiases.Builder, path: String) throws {
    let level = model.middle
    resnets = try (0..<2).map { index in
      try ResnetBlock(
        scope["resnets", index], inputs: level.channels, outputs: level.channels, style: model.style,
        time: time,
        path: "\(path).resnets.\(index)")
    }
    attention = try UNetLayer.attention(scope, index: 0, level: level, model: model, path: path)
    self.path = path
  }

  func list(_ sites: inout SiteList) {
    resnets[0].list(&sites)
    attention.list(&sites)
    resnets[1].list(&sites)
    sites.add(map: path, width: resnets[1].norm2.weight.count)
  }

  /// {N, h, w, channels} to the same.
  func callAsFunction(_ x: Tensor, _ step: UNetStep) throws -> Tensor {
    let (context, biases) = (step.context, step.timeBiases)
    let hidden = try resnets[0](x, timeBiases: biases, context: context)
    let attended = try attention(hidden, embedding: step.embedding, context: context)
    return try context.visitMap(path, resnets[1](attended, timeBiases: biases, context: context))
  }
}

/// `UpBlock2D` and `CrossAttnUpBlock2D`.
struct UNetUpBlock {
  private let layers: [UNetLayer]
  private let upsampler: Upsampler?

  /// - Parameters:
  ///   - inputs: channels that come from below
  ///   - skips: channels of the skip connection of each layer
  init(
    _ scope: WeightScope, inputs: Int, skips: [Int], level: UNetConfiguration.Level, isLast: Bool,
    model: UNetConfiguration, time: TimeBiases.Builder, path: String
  ) throws {
    layers = try skips.enumerated().map { index, skip in
      try UNetLayer(
        scope, index: index, inputs: (index == 0 ? inputs : level.channels) + skip, level: level,
        attends: level.kind == .crossAttention, model: model, time: time, path: path)
    }
    upsampler =
      isLast
      ? nil
      : try Upsampler(scope["upsamplers.0"], channels: level.channels, path: "\(path).upsamplers.0")
  }

  func list(_ sites: inout SiteList) {
    layers.forEach { $0.list(&sites) }
    if let upsampler { sites.add(map: upsampler.path, width: upsampler.channels) }
  }

  /// {N, h, w, inputs} to the size of the last of the remaining `skips`, from whose end it takes one per layer.
  func callAsFunction(_ x: Tensor, skips: inout [Tensor], _ step: UNetStep) throws -> Tensor {
    var x = x
    for layer in layers {
      guard let skip = skips.popLast() else { break }
      x = try layer(.concatenated([x, skip], dim: 3), step)
    }
    guard let upsampler else { return x }
    return try upsampler(x, height: skips.last?.shape[1], width: skips.last?.shape[2], context: step.context)
  }
}
