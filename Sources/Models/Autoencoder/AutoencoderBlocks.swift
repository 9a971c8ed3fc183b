import Neural
import Tensor

/// Self-attention of a map's positions with one head, as the middle of a VAE has it.
struct MapAttention {
  private let norm: GroupNorm
  let attention: SelfAttention
  private let normSite: String

  /// Reads `group_norm` and `to_q`, `to_k`, `to_v`, `to_out.0`, or `query`, `key`, `value`, `proj_attn` as older
  /// files call them.
  init(_ scope: WeightScope, channels: Int, style: ResnetBlock.Style, path: String) throws {
    norm = try GroupNorm(
      scope["group_norm"], channels: channels, groups: style.groups, epsilon: style.epsilon)
    let isOld = scope.has("query.weight")
    let output = scope[isOld ? "proj_attn" : "to_out.0"]
    attention = try SelfAttention(
      projections: (isOld ? ["query", "key", "value"] : ["to_q", "to_k", "to_v"]).map { scope[$0] },
      output: Linear(output, inputs: channels, outputs: channels), width: channels, heads: 1, bias: true,
      site: AttentionSite(path, kind: .map))
    normSite = "\(path).group_norm"
  }

  func list(_ sites: inout SiteList) {
    sites.add(map: normSite, width: attention.width, .norm)
    sites.add(attention.site, heads: attention.heads, width: attention.width)
  }

  /// {N, H, W, channels} to the same.
  func callAsFunction(_ x: Tensor, context: RunContext) throws -> Tensor {
    let (count, height, width, channels) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3])
    let flat = [count, height * width, channels]
    return try attention(
      context.visitMap(normSite, norm(x)).reshaped(flat), residual: x.reshaped(flat), height: height,
      width: width, context: context
    ).reshaped(x.shape)
  }
}

/// `UNetMidBlock2D`: the smallest map of encoder and decoder.
struct AutoencoderMiddle {
  private let resnets: [ResnetBlock]
  private let attention: MapAttention?
  private let path: String

  init(_ scope: WeightScope, channels: Int, model: AutoencoderConfiguration, path: String) throws {
    resnets = try (0..<2).map { index in
      try ResnetBlock(
        scope["resnets", index], inputs: channels, outputs: channels, style: model.style,
        path: "\(path).resnets.\(index)")
    }
    attention =
      model.attendsInMiddle
      ? try MapAttention(
        scope["attentions.0"], channels: channels, style: model.style, path: "\(path).attentions.0") : nil
    self.path = path
  }

  func list(_ sites: inout SiteList) {
    resnets[0].list(&sites)
    attention?.list(&sites)
    resnets[1].list(&sites)
    sites.add(map: path, width: resnets[1].norm2.weight.count)
  }

  /// {N, h, w, channels} to the same.
  func callAsFunction(_ x: Tensor, context: RunContext) throws -> Tensor {
    let hidden = try resnets[0](x, context: context)
    return try context.visitMap(
      path, resnets[1](attention?(hidden, context: context) ?? hidden, context: context))
  }
}

/// `Encoder`: picture to the moments of the latents. The last activation is SiLU, whatever that of the blocks.
struct AutoencoderEncoder {
  private struct Level {
    let resnets: [ResnetBlock]
    let downsampler: Downsampler?
  }

  private let input, output: Conv2d
  private let levels: [Level]
  private let middle: AutoencoderMiddle
  private let norm: GroupNorm
  private let quantization: Linear?
  private let ends: AutoencoderEnds

  /// - Parameter scope: the model's root: `encoder` and `quant_conv`
  init(_ scope: WeightScope, model: AutoencoderConfiguration, path: String) throws {
    let (root, path) = (scope["encoder"], "\(path).encoder")
    ends = AutoencoderEnds(path)
    let channels = model.channels
    let last = channels[channels.count - 1]
    input = try Conv2d(root["conv_in"], inputs: model.imageChannels, outputs: channels[0])
    levels = try channels.enumerated().map { level, width in
      let (blocks, name) = (root["down_blocks", level], "\(path).down_blocks.\(level)")
      let resnets = try (0..<model.layers).map { index in
        try ResnetBlock(
          blocks["resnets", index], inputs: index == 0 ? channels[max(0, level - 1)] : width, outputs: width,
          style: model.style, path: "\(name).resnets.\(index)")
      }
      let downsampler =
        level == channels.count - 1
        ? nil
        : try Downsampler(
          blocks["downsamplers.0"], channels: width, padding: 0, path: "\(name).downsamplers.0")
      return Level(resnets: resnets, downsampler: downsampler)
    }
    middle = try AutoencoderMiddle(root["mid_block"], channels: last, model: model, path: "\(path).mid_block")
    norm = try GroupNorm(
      root["conv_norm_out"], channels: last, groups: model.style.groups, epsilon: model.style.epsilon)
    let moments = 2 * model.latentChannels
    output = try Conv2d(root["conv_out"], inputs: last, outputs: moments)
    quantization =
      model.hasQuantConvolution
      ? try Linear(scope["quant_conv"], inputs: moments, outputs: moments, pointwise: true) : nil
  }

  func list(_ sites: inout SiteList) {
    sites.add(map: ends.input, width: input.outputs)
    for level in levels {
      level.resnets.forEach { $0.list(&sites) }
      if let downsampler = level.downsampler { sites.add(map: downsampler.path, width: downsampler.channels) }
    }
    middle.list(&sites)
    sites.add(map: ends.norm, width: norm.weight.count, .norm)
    sites.add(map: ends.output, width: output.outputs, .prediction)
  }

  /// {N, H, W, 3} to {N, h, w, 2·latent channels}: means, then logarithms of variances.
  func callAsFunction(_ image: Tensor, context: RunContext) throws -> Tensor {
    var x = try context.visitMap(ends.input, input(image))
    for level in levels {
      for resnet in level.resnets { x = try resnet(x, context: context) }
      x = try level.downsampler?(x, context: context) ?? x
      try Interruption.check()
    }
    let normed = try context.norm(ends.norm, norm, middle(x, context: context), .silu)
    let moments = try context.visitMap(ends.output, output(normed))
    return try quantization?(moments) ?? moments
  }
}

/// `Decoder`: latents to picture. The last activation is SiLU, whatever that of the blocks.
struct AutoencoderDecoder {
  private struct Level {
    let resnets: [ResnetBlock]
    let upsampler: Upsampler?
  }

  private let quantization: Linear?
  private let input, output: Conv2d
  private let middle: AutoencoderMiddle
  private let levels: [Level]
  private let norm: GroupNorm
  private let ends: AutoencoderEnds

  /// - Parameter scope: the model's root: `post_quant_conv` and `decoder`
  init(_ scope: WeightScope, model: AutoencoderConfiguration, path: String) throws {
    let (root, path) = (scope["decoder"], "\(path).decoder")
    ends = AutoencoderEnds(path)
    let channels = Array(model.channels.reversed())
    quantization =
      model.hasPostQuantConvolution
      ? try Linear(
        scope["post_quant_conv"], inputs: model.latentChannels, outputs: model.latentChannels, pointwise: true
      )
      : nil
    input = try Conv2d(root["conv_in"], inputs: model.latentChannels, outputs: channels[0])
    middle = try AutoencoderMiddle(
      root["mid_block"], channels: channels[0], model: model, path: "\(path).mid_block")
    levels = try channels.enumerated().map { level, width in
      let (blocks, name) = (root["up_blocks", level], "\(path).up_blocks.\(level)")
      let resnets = try (0...model.layers).map { index in
        try ResnetBlock(
          blocks["resnets", index], inputs: index == 0 ? channels[max(0, level - 1)] : width, outputs: width,
          style: model.style, path: "\(name).resnets.\(index)")
      }
      let upsampler =
        level == channels.count - 1
        ? nil : try Upsampler(blocks["upsamplers.0"], channels: width, path: "\(name).upsamplers.0")
      return Level(resnets: resnets, upsampler: upsampler)
    }
    let last = channels[channels.count - 1]
    norm = try GroupNorm(
      root["conv_norm_out"], channels: last, groups: model.style.groups, epsilon: model.style.epsilon)
    output = try Conv2d(root["conv_out"], inputs: last, outputs: model.outputChannels)
  }

  func list(_ sites: inout SiteList) {
    sites.add(map: ends.input, width: input.outputs)
    middle.list(&sites)
    for level in levels {
      level.resnets.forEach { $0.list(&sites) }
      if let upsampler = level.upsampler { sites.add(map: upsampler.path, width: upsampler.channels) }
    }
    sites.add(map: ends.norm, width: norm.weight.count, .norm)
    sites.add(map: ends.output, width: output.outputs, .prediction)
  }

  /// {N, h, w, latent channels} to {N, H, W, 3}.
  func callAsFunction(_ latents: Tensor, context: RunContext) throws -> Tensor {
    let start = try context.visitMap(ends.input, input(quantization?(latents) ?? latents))
    var x = try middle(start, context: context)
    for level in levels {
      try Interruption.check()
      for resnet in level.resnets { x = try resnet(x, context: context) }
      x = try level.upsampler?(x, context: context) ?? x
    }
    return try context.visitMap(ends.output, output(context.norm(ends.norm, norm, x, .silu)))
  }
}

/// The names of the sites at both ends of an encoder or decoder.
private struct AutoencoderEnds {
  let input, norm, output: String

  init(_ path: String) {
    (input, norm, output) = ("\(path).conv_in", "\(path).conv_norm_out", "\(path).conv_out")
  }
}
