import Weights

/// What a weight file is, by the names in it.
enum CheckpointIdentity {
  /// Stable Diffusion 1 or 2 in one file.
  case latentDiffusion
  /// Something else, in words that go after "PATH: ".
  case other(String)

  static let unetPrefix = "model.diffusion_model."

  init(_ files: WeightFiles) {
    let names = Set(files.names)
    func any(_ test: (String) -> Bool) -> Bool { names.contains(where: test) }
    func has(_ prefixes: String...) -> Bool { any { name in prefixes.contains(where: name.hasPrefix) } }

    if let adapter = AdapterKind.of(names) {
      self = .other(
        "\(adapter), not a model: give it to load's option loras, beside the model it was made for")
    } else if has("double_blocks.", "model.diffusion_model.double_blocks.", "single_transformer_blocks.") {
      self = .other("a Flux checkpoint; only Stable Diffusion 1 and 2 are supported")
    } else if has("joint_blocks.", "model.diffusion_model.joint_blocks.") {
      self = .other("a Stable Diffusion 3 checkpoint; only Stable Diffusion 1 and 2 are supported")
    } else if has("conditioner.embedders.") || has("model.diffusion_model.label_emb.") {
      self = .other("a Stable Diffusion XL checkpoint; only Stable Diffusion 1 and 2 are supported")
    } else if has("control_model.", "controlnet_cond_embedding.", "input_hint_block.") {
      self = .other("a ControlNet, not a model; ControlNets are not supported")
    } else if has("model.diffusion_model.input_blocks.0.0.") {
      self = CheckpointIdentity.latentDiffusion(files)
    } else {
      self = .other(CheckpointIdentity.part(names, has: { prefix in any { $0.hasPrefix(prefix) } }))
    }
  }

  /// Variants of Stable Diffusion by what the UNet sees besides the noisy sample.
  private static func latentDiffusion(_ files: WeightFiles) -> CheckpointIdentity {
    let only = "; only text to image and inpainting are supported"
    switch files.shape(of: unetPrefix + "input_blocks.0.0.weight")?.dropFirst().first {
    case 5: return .other("a depth-to-image model" + only)
    case 7: return .other("an upscaler" + only)
    case 8: return .other("an InstructPix2Pix model" + only)
    default: return .latentDiffusion
    }
  }

  private static func part(_ names: Set<String>, has: (String) -> Bool) -> String {
    if TextualInversionFile.isOne(names) {
      return "a textual inversion embedding, not a model: give it to load's option embeddings"
    }
    if has("first_stage_model.") || (has("encoder.") && has("decoder.")) {
      return "a VAE alone, not a model: give it to load's option vae"
    }
    if has("down_blocks.") && has("time_embedding.") {
      return "a UNet alone in diffusers' names: give the directory of the whole model (with model_index.json)"
    }
    if has("text_model.") || has("vision_model.") || has("transformer.resblocks.") {
      return "a CLIP alone, not a model (lunette.load_clip reads directories that hold one)"
    }
    return "not a checkpoint of Stable Diffusion (none of its tensors has a known name)"
  }
}
