import Weights

/// What a weight file is that holds no model, by the names in it; in words that go after "PATH: ".
enum ForeignWeights {
  /// What goes beside a model; nil for a file that may be one.
  static func addition(_ names: Set<String>) -> String? {
    if let adapter = AdapterKind.of(names) {
      return "\(adapter), not a model: give it to load's option loras, beside the model it was made for"
    }
    let prefixes = ["control_model.", "controlnet_cond_embedding.", "input_hint_block."]
    guard names.contains(where: { name in prefixes.contains(where: name.hasPrefix) }) else { return nil }
    return "a ControlNet, not a model; ControlNets are not supported"
  }

  /// One part of a model, or something that is not known.
  ///
  /// - Parameter known: the families that are supported
  static func part(_ names: Set<String>, known: String) -> String {
    func has(_ prefix: String) -> Bool { names.contains { $0.hasPrefix(prefix) } }
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
      return "a CLIP alone, not a model: open the directory that holds it as a CLIP"
    }
    return "not a checkpoint of \(known) (none of its tensors has a known name)"
  }
}
