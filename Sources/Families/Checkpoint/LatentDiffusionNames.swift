/// The names of tensors in files of the original latent diffusion code, as the names that diffusers gives them
/// (Rombach et al. 2022; github.com/CompVis/latent-diffusion). All names are without the prefix of their part.
enum LatentDiffusionNames {
  // MARK: UNet

  /// - Parameter layers: residual blocks per level on the way down
  /// - Returns: nil for a name that is no UNet's
  static func unet(_ name: String, layers: Int) -> String? {
    var parts = name.split(separator: ".")[...]
    switch parts.popFirst() {
    case "time_embed": return time(parts)
    case "input_blocks": return input(parts, layers: layers)
    case "label_emb": return addition(parts)
    case "middle_block": return middle(parts)
    case "output_blocks": return output(parts, layers: layers)
    case "out":
      let modules: [Substring: String] = ["0": "conv_norm_out", "2": "conv_out"]
      return parts.popFirst().flatMap { modules[$0] }.map { join($0, parts) }
    default: return nil
    }
  }

  /// As `unet`, of a name with underscores for dots, as adapters have it.
  static func unet(flat name: String, layers: Int) -> String? {
    var rest = name[...]
    func take(_ word: String) -> Bool {
      guard rest == word || rest.hasPrefix(word + "_") else { return false }
      rest = rest.dropFirst(word.count + 1)
      return true
    }
    let parts = ["time_embed", "label_emb", "input_blocks", "middle_block", "output_blocks", "out"]
    guard let part = parts.first(where: take) else { return nil }
    var dotted = [part]
    while let number = rest.split(separator: "_").first, number.allSatisfy(\.isNumber), take(String(number)) {
      dotted.append(String(number))
    }
    if let module = ["in_layers", "emb_layers", "out_layers", "skip_connection"].first(where: take) {
      dotted.append(module)
    }
    return unet((dotted + (rest.isEmpty ? [] : [String(rest)])).joined(separator: "."), layers: layers)
  }

  private static func time(_ parts: ArraySlice<Substring>) -> String? {
    let modules: [Substring: String] = ["0": "linear_1", "2": "linear_2", "cond_proj": "cond_proj"]
    return parts.first.flatMap { modules[$0] }.map { join("time_embedding.\($0)", parts.dropFirst()) }
  }

  private static func addition(_ parts: ArraySlice<Substring>) -> String? {
    let modules: [String: String] = ["0.0": "linear_1", "0.2": "linear_2"]
    return modules[parts.prefix(2).joined(separator: ".")].map {
      join("add_embedding.\($0)", parts.dropFirst(2))
    }
  }

  private static func input(_ parts: ArraySlice<Substring>, layers: Int) -> String? {
    guard let (block, module, rest) = numbers(parts) else { return nil }
    if block == 0 { return module == 0 ? join("conv_in", rest) : nil }
    let (level, layer) = (block - 1).quotientAndRemainder(dividingBy: layers + 1)
    let path = "down_blocks.\(level)"
    if rest.first == "op" { return join("\(path).downsamplers.0.conv", rest.dropFirst()) }
    return unetLayer(path, layer: layer, module: module, rest)
  }

  private static func output(_ parts: ArraySlice<Substring>, layers: Int) -> String? {
    guard let (block, module, rest) = numbers(parts) else { return nil }
    let (level, layer) = block.quotientAndRemainder(dividingBy: layers + 1)
    let path = "up_blocks.\(level)"
    if rest.first == "conv" { return join("\(path).upsamplers.0.conv", rest.dropFirst()) }
    return unetLayer(path, layer: layer, module: module, rest)
  }

  private static func middle(_ parts: ArraySlice<Substring>) -> String? {
    guard let module = parts.first.flatMap({ Int($0) }), (0...2).contains(module) else { return nil }
    let rest = parts.dropFirst()
    return module == 1
      ? join("mid_block.attentions.0", rest) : resnet("mid_block.resnets.\(module / 2)", rest)
  }

  private static func unetLayer(
    _ path: String, layer: Int, module: Int, _ rest: ArraySlice<Substring>
  ) -> String? {
    module == 0 ? resnet("\(path).resnets.\(layer)", rest) : join("\(path).attentions.\(layer)", rest)
  }

  private static func resnet(_ path: String, _ rest: ArraySlice<Substring>) -> String? {
    let modules: [String: String] = [
      "in_layers.0": "norm1", "in_layers.2": "conv1", "emb_layers.1": "time_emb_proj",
      "out_layers.0": "norm2",
      "out_layers.3": "conv2",
    ]
    if rest.first == "skip_connection" { return join("\(path).conv_shortcut", rest.dropFirst()) }
    return modules[rest.prefix(2).joined(separator: ".")].map { join("\(path).\($0)", rest.dropFirst(2)) }
  }

  // MARK: VAE

  /// - Parameter levels: of the encoder and of the decoder, which are numbered from the other end
  static func autoencoder(_ name: String, levels: Int) -> String? {
    let parts = name.split(separator: ".")[...]
    guard let half = parts.first else { return nil }
    if half == "quant_conv" || half == "post_quant_conv" { return name }
    guard half == "encoder" || half == "decoder", let module = parts.dropFirst().first else { return nil }
    let rest = parts.dropFirst(2)
    switch module {
    case "conv_in", "conv_out": return name
    case "norm_out": return join("\(half).conv_norm_out", rest)
    case "mid": return autoencoderMiddle("\(half).mid_block", rest)
    case "down", "up":
      guard let level = rest.first.flatMap({ Int($0) }), level < levels else { return nil }
      let path = module == "down" ? "\(half).down_blocks.\(level)" : "\(half).up_blocks.\(levels - 1 - level)"
      return autoencoderLevel(path, rest.dropFirst())
    default: return nil
    }
  }

  private static func autoencoderLevel(_ path: String, _ rest: ArraySlice<Substring>) -> String? {
    switch rest.first {
    case "downsample": return join("\(path).downsamplers.0", rest.dropFirst())
    case "upsample": return join("\(path).upsamplers.0", rest.dropFirst())
    case "block":
      guard let index = rest.dropFirst().first else { return nil }
      return shortcut("\(path).resnets.\(index)", rest.dropFirst(2))
    default: return nil
    }
  }

  private static func autoencoderMiddle(_ path: String, _ rest: ArraySlice<Substring>) -> String? {
    let modules: [Substring: String] = [
      "norm": "group_norm", "q": "to_q", "k": "to_k", "v": "to_v", "proj_out": "to_out.0",
    ]
    switch rest.first {
    case "block_1": return shortcut("\(path).resnets.0", rest.dropFirst())
    case "block_2": return shortcut("\(path).resnets.1", rest.dropFirst())
    case "attn_1":
      return rest.dropFirst().first.flatMap { modules[$0] }.map {
        join("\(path).attentions.0.\($0)", rest.dropFirst(2))
      }
    default: return nil
    }
  }

  private static func shortcut(_ path: String, _ rest: ArraySlice<Substring>) -> String {
    rest.first == "nin_shortcut" ? join("\(path).conv_shortcut", rest.dropFirst()) : join(path, rest)
  }

  // MARK: OpenCLIP's text tower

  /// The projections of queries, keys and values, which OpenCLIP stores as one, keep its name: `in_proj_weight`.
  static func openCLIP(_ name: String) -> String? {
    let parts = name.split(separator: ".")[...]
    switch parts.first {
    case "token_embedding": return join("embeddings.token_embedding", parts.dropFirst())
    case "positional_embedding": return "embeddings.position_embedding.weight"
    case "ln_final": return join("final_layer_norm", parts.dropFirst())
    case "transformer":
      guard parts.dropFirst().first == "resblocks", let layer = parts.dropFirst(2).first else { return nil }
      let modules: [Substring: String] = [
        "ln_1": "layer_norm1", "ln_2": "layer_norm2", "attn": "self_attn", "c_fc": "fc1", "c_proj": "fc2",
      ]
      let rest = parts.dropFirst(3).map { modules[$0] ?? String($0) }
      return "encoder.layers.\(layer)." + rest.joined(separator: ".")
    default: return nil
    }
  }

  // MARK: Parts of names

  private static func numbers(
    _ parts: ArraySlice<Substring>
  ) -> (block: Int, module: Int, rest: ArraySlice<Substring>)? {
    let heads = parts.prefix(2).compactMap { Int($0) }
    guard heads.count == 2, heads.allSatisfy({ (0..<1000).contains($0) }) else { return nil }
    return (heads[0], heads[1], parts.dropFirst(2))
  }

  private static func join(_ path: String, _ rest: ArraySlice<Substring>) -> String {
    rest.isEmpty ? path : path + "." + rest.joined(separator: ".")
  }
}
