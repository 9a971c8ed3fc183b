import Tensor

/// What the config of a `UNet2DConditionModel` says, checked: everything in it is either used, known to have no
/// influence, or refused by name.
struct UNetConfiguration {
  enum BlockKind {
    case plain, crossAttention
  }

  /// One resolution, going down or coming up.
  struct Level {
    let kind: BlockKind
    let channels: Int
    let layers: Int
    let heads: Int
    let transformerLayers: Int
    let embeddingWidth: Int
    let onlyCrossAttention: Bool
  }

  let inputs, outputs: Int
  let sampleSize: (height: Int, width: Int)
  /// From the largest map to the smallest.
  let down: [Level]
  /// From the smallest map to the largest.
  let up: [Level]
  let middle: Level
  let hasMiddle: Bool
  let style: ResnetBlock.Style
  let linearProjection: Bool
  let downsamplePadding: Int
  let cosineFirst: Bool
  let frequencyShift: Double
  let timeWidth: Int
  /// Of the sines and cosines of the guidance; nil for models that are not told of it.
  let guidanceWidth: Int?
  /// What is added to the time vector: the width of the first layer's input, and of the sines and cosines of each size in it.
  let addition: (inputs: Int, channels: Int)?

  init(_ json: Configuration) throws {
    try UNetConfiguration.checkSettings(json)
    let channels = try json.ints("block_out_channels", default: [320, 640, 1280, 1280])
    let count = channels.count
    guard count <= 16 else { throw json.fault("block_out_channels", "a list of at most 16") }
    let downKinds = try UNetConfiguration.kinds(
      json, "down_block_types", plain: "DownBlock2D", cross: "CrossAttnDownBlock2D", count: count,
      default: Array(repeating: .crossAttention, count: 3) + [.plain])
    let upKinds = try UNetConfiguration.kinds(
      json, "up_block_types", plain: "UpBlock2D", cross: "CrossAttnUpBlock2D", count: count,
      default: [.plain] + Array(repeating: .crossAttention, count: 3))
    let layers = try json.ints("layers_per_block", default: Array(repeating: 2, count: count), count: count)
    // Skips of so many layers are listed before the first weight is missed.
    guard layers.allSatisfy({ $0 <= 1000 }) else { throw json.fault("layers_per_block", "at most 1000") }
    // The setting is called after the head's width, but its value has always been the number of heads.
    let heads = try json.ints("attention_head_dim", default: Array(repeating: 8, count: count), count: count)
    let transformerLayers = try json.ints(
      "transformer_layers_per_block", default: Array(repeating: 1, count: count), count: count)
    let widths = try json.ints(
      "cross_attention_dim", default: Array(repeating: 1280, count: count), count: count)
    let only = try json.bools("only_cross_attention", default: false, count: count)

    func level(_ index: Int, _ kind: BlockKind, extra: Int = 0, only: Bool) -> Level {
      Level(
        kind: kind, channels: channels[index], layers: layers[index] + extra, heads: heads[index],
        transformerLayers: transformerLayers[index], embeddingWidth: widths[index], onlyCrossAttention: only)
    }
    down = (0..<count).map { level($0, downKinds[$0], only: only[$0]) }
    up = (0..<count).map { level(count - 1 - $0, upKinds[$0], extra: 1, only: only[count - 1 - $0]) }
    // `UNetMidBlock2DCrossAttn` attends to itself whatever the other levels do.
    middle = level(count - 1, .crossAttention, only: false)
    hasMiddle = json.json.object?["mid_block_type"] != .null

    inputs = try json.int("in_channels", default: 4)
    outputs = try json.int("out_channels", default: 4)
    sampleSize = try UNetConfiguration.sampleSize(json)
    style = ResnetBlock.Style(
      groups: try json.int("norm_num_groups", default: 32),
      epsilon: Float(try json.double("norm_eps", default: 1e-5)),
      activation: try json.activation("act_fn", default: "silu"))
    linearProjection = try json.bool("use_linear_projection", default: false)
    downsamplePadding = try json.int("downsample_padding", default: 1, minimum: 0)
    guard downsamplePadding <= 1 else { throw json.fault("downsample_padding", "0 or 1") }
    cosineFirst = try json.bool("flip_sin_to_cos", default: true)
    frequencyShift = try json.double("freq_shift", default: 0)
    timeWidth = try json.int("time_embedding_dim", default: 4 * channels[0])
    guidanceWidth =
      json.has("time_cond_proj_dim") ? try json.int("time_cond_proj_dim", minimum: 4) : nil
    guard (guidanceWidth ?? 0) % 2 == 0 else { throw json.fault("time_cond_proj_dim", "an even number") }
    addition = try UNetConfiguration.addition(json)
    guard channels[0] % 2 == 0 else { throw json.fault("block_out_channels", "even in its first number") }
    guard frequencyShift < Double(channels[0] / 2) else {
      throw json.fault("freq_shift", "below \(channels[0] / 2), half of the first channels")
    }
  }

  /// `text_time` of Stable Diffusion XL, or nothing.
  private static func addition(_ json: Configuration) throws -> (inputs: Int, channels: Int)? {
    guard json.has("addition_embed_type") else {
      try json.require(["projection_class_embeddings_input_dim": .null])
      return nil
    }
    let kind = try json.string("addition_embed_type")
    guard kind == "text_time" else {
      throw PipelineError(
        "\(json.path): addition_embed_type = \(kind) is not supported, only text_time (as in Stable Diffusion XL)"
      )
    }
    for key in ["projection_class_embeddings_input_dim", "addition_time_embed_dim"] where !json.has(key) {
      throw PipelineError("\(json.path): addition_embed_type = text_time needs \(key)")
    }
    let inputs = try json.int("projection_class_embeddings_input_dim")
    let channels = try json.int("addition_time_embed_dim")
    guard channels % 2 == 0 else { throw json.fault("addition_time_embed_dim", "an even number") }
    guard inputs > AdditionEmbedding.sizeCount * channels else {
      throw json.fault(
        "projection_class_embeddings_input_dim",
        "above \(AdditionEmbedding.sizeCount) times addition_time_embed_dim = \(channels)")
    }
    return (inputs, channels)
  }

  /// Configs from before diffusers 0.9 give a wrong size for Stable Diffusion 1: its pipelines take 64 instead.
  private static func sampleSize(_ json: Configuration) throws -> (height: Int, width: Int) {
    let size = try json.ints("sample_size", default: [64, 64], count: 2)
    let version = json.json["_diffusers_version"]?.string?.split(separator: ".").prefix(2).map {
      Int($0) ?? 0
    }
    if let version, version.lexicographicallyPrecedes([0, 9]), json.json["sample_size"]?.int != nil {
      return (max(size[0], 64), max(size[1], 64))
    }
    return (size[0], size[1])
  }

  private static func kinds(
    _ json: Configuration, _ key: String, plain: String, cross: String, count: Int,
    default fallback: [BlockKind]
  ) throws -> [BlockKind] {
    guard json.has(key) else {
      guard fallback.count == count else { throw json.fault(key, "a list of \(count)") }
      return fallback
    }
    let names = try json.strings(key, default: [])
    guard names.count == count else {
      throw json.fault(key, "a list of \(count), one for each of block_out_channels")
    }
    return try names.map { name in
      switch name {
      case plain: .plain
      case cross: .crossAttention
      default:
        throw PipelineError("\(json.path): \(key): unknown block type '\(name)', known: \(plain), \(cross)")
      }
    }
  }

  private static func checkSettings(_ json: Configuration) throws {
    try json.require([
      "center_input_sample": .bool(false),
      "mid_block_type": .string("UNetMidBlock2DCrossAttn"),
      "mid_block_scale_factor": .number(1),
      "mid_block_only_cross_attention": .bool(false),
      "dual_cross_attention": .bool(false),
      "resnet_time_scale_shift": .string("default"),
      "resnet_skip_time_act": .bool(false),
      "resnet_out_scale_factor": .number(1),
      "time_embedding_type": .string("positional"),
      "conv_in_kernel": .number(3),
      "conv_out_kernel": .number(3),
      "attention_type": .string("default"),
      "class_embeddings_concat": .bool(false),
    ])
    try json.check(settings)
  }

  private static let settings = ClassSettings(
    used: [
      "in_channels", "out_channels", "block_out_channels", "down_block_types", "up_block_types",
      "layers_per_block", "attention_head_dim", "transformer_layers_per_block", "cross_attention_dim",
      "only_cross_attention", "norm_num_groups", "norm_eps", "act_fn", "use_linear_projection",
      "downsample_padding", "flip_sin_to_cos", "freq_shift", "center_input_sample", "mid_block_scale_factor",
      "dual_cross_attention", "resnet_time_scale_shift", "resnet_skip_time_act", "resnet_out_scale_factor",
      "time_embedding_type", "conv_in_kernel", "conv_out_kernel", "attention_type", "class_embeddings_concat",
    ],
    nullable: [
      "sample_size", "mid_block_type", "time_embedding_dim", "mid_block_only_cross_attention",
      "addition_embed_type", "addition_time_embed_dim", "projection_class_embeddings_input_dim",
      "time_cond_proj_dim",
    ],
    withoutInfluence: ["dropout", "upcast_attention", "addition_embed_type_num_heads"])
}
