import Tensor

/// What the config of an `AutoencoderKL` says, checked as that of the UNet is.
struct AutoencoderConfiguration {
  let imageChannels, outputChannels, latentChannels: Int
  let channels: [Int]
  let layers: Int
  let style: ResnetBlock.Style
  let scalingFactor, shiftFactor: Float
  let hasQuantConvolution, hasPostQuantConvolution: Bool
  let attendsInMiddle: Bool

  init(_ json: Configuration) throws {
    channels = try json.ints("block_out_channels", default: [64])
    // Each level halves the picture: more of them would leave nothing of one.
    guard channels.count <= 16 else { throw json.fault("block_out_channels", "a list of at most 16") }
    try AutoencoderConfiguration.checkBlocks(
      json, "down_block_types", "DownEncoderBlock2D", count: channels.count)
    try AutoencoderConfiguration.checkBlocks(
      json, "up_block_types", "UpDecoderBlock2D", count: channels.count)
    try json.check(AutoencoderConfiguration.settings)
    imageChannels = try json.int("in_channels", default: 3)
    outputChannels = try json.int("out_channels", default: 3)
    latentChannels = try json.int("latent_channels", default: 4)
    layers = try json.int("layers_per_block", default: 1)
    style = ResnetBlock.Style(
      groups: try json.int("norm_num_groups", default: 32), epsilon: 1e-6,
      activation: try json.activation("act_fn", default: "silu"))
    scalingFactor = Float(try json.double("scaling_factor", default: 0.18215))
    shiftFactor = Float(try json.double("shift_factor", default: 0))
    guard scalingFactor != 0 else { throw json.fault("scaling_factor", "other than 0") }
    hasQuantConvolution = try json.bool("use_quant_conv", default: true)
    hasPostQuantConvolution = try json.bool("use_post_quant_conv", default: true)
    attendsInMiddle = try json.bool("mid_block_add_attention", default: true)
  }

  private static func checkBlocks(_ json: Configuration, _ key: String, _ only: String, count: Int) throws {
    let names = try json.strings(key, default: [only])
    if let other = names.first(where: { $0 != only }) {
      throw PipelineError("\(json.path): \(key): unknown block type '\(other)', known: \(only)")
    }
    guard names.count == count else {
      throw json.fault(key, "a list of \(count), one for each of block_out_channels")
    }
  }

  private static let settings = ClassSettings(
    used: [
      "in_channels", "out_channels", "latent_channels", "block_out_channels", "down_block_types",
      "up_block_types", "layers_per_block", "norm_num_groups", "act_fn", "scaling_factor", "use_quant_conv",
      "use_post_quant_conv", "mid_block_add_attention",
    ],
    nullable: ["shift_factor"],
    // The models take any size, and half precision is not used where it would overflow.
    withoutInfluence: ["sample_size", "force_upcast"])
}
