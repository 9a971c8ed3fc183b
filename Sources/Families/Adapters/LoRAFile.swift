import Encoding
import Glibc
import Models
import Weights

/// A file of low-rank adapters (Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models", 2022) in any of the
/// namings in use: kohya's (`lora_unet_…_to_q.lora_down.weight`), PEFT's (`unet.….to_q.lora_A.weight`), and those of
/// older versions of diffusers.
struct LoRAFile: Sendable {
  /// Two factors of a change to one layer's weight.
  struct Pair: Sendable {
    /// The layer's path with underscores for dots, without `text_model`.
    let module: String
    let down, up: String
    /// A tensor of one number, by which the change is scaled together with the rank.
    let alpha: String?
  }

  let files: WeightFiles
  /// Pairs by the part of the model that they change: `unet`, `text_encoder`.
  let pairs: [String: [Pair]]

  var path: String { files.path }

  init(path: String) throws {
    let files = try WeightFiles(path: path)
    self.files = files
    let names = Set(files.names)
    guard let kind = LoRAFile.kind(of: names) else {
      throw PipelineError(
        "\(path): not a LoRA adapter (no names with lora_down and lora_up, or lora_A and lora_B)")
    }
    guard kind == LoRAFile.plainKind else {
      throw PipelineError("\(path): \(kind), which is not supported; only LoRA is")
    }
    var pairs: [String: [Pair]] = [:]
    for down in files.names {
      guard let naming = LoRAFile.namings.first(where: { down.hasSuffix($0.down) }) else { continue }
      let stem = String(down.dropLast(naming.down.count))
      guard names.contains(stem + naming.up) else {
        throw PipelineError("\(path): '\(down)' has no counterpart '\(stem + naming.up)'")
      }
      let (component, module) = try LoRAFile.place(of: stem, path)
      let alpha = names.contains(stem + ".alpha") ? stem + ".alpha" : nil
      pairs[component, default: []].append(
        Pair(module: module, down: down, up: stem + naming.up, alpha: alpha))
    }
    self.pairs = pairs
  }

  private static let namings: [(down: String, up: String)] = [
    (".lora_down.weight", ".lora_up.weight"), (".lora_A.weight", ".lora_B.weight"),
    (".lora_A.default.weight", ".lora_B.default.weight"), (".lora.down.weight", ".lora.up.weight"),
    (".lora_linear_layer.down.weight", ".lora_linear_layer.up.weight"),
    ("_lora.down.weight", "_lora.up.weight"),
  ]

  private static let plainKind = "a LoRA adapter"

  /// What kind of adapter a file with these names is; nil if it is none.
  static func kind(of names: Set<String>) -> String? {
    let kinds = [
      (".hada_w1_a", "a LoHa adapter"), (".lokr_w", "a LoKr adapter"), (".dora_scale", "a DoRA adapter"),
      (".lora_magnitude_vector", "a DoRA adapter"), (".lora_mid.", "a LoCon adapter with Tucker factors"),
      (".oft_", "an OFT adapter"),
    ]
    for (part, kind) in kinds where names.contains(where: { $0.contains(part) }) { return kind }
    let isPlain = names.contains { name in namings.contains { name.hasSuffix($0.down) } }
    return isPlain ? plainKind : nil
  }

  /// Which layer of which part a name speaks of.
  private static func place(of stem: String, _ path: String) throws -> (component: String, module: String) {
    let prefixes = [
      ("lora_unet_", "unet"), ("lora_te_", "text_encoder"), ("base_model.model.", "unet"), ("unet.", "unet"),
      ("text_encoder.", "text_encoder"),
    ]
    let foreign = ["lora_te1_", "lora_te2_", "text_encoder_2.", "transformer.", "lora_transformer_"]
    if let prefix = foreign.first(where: stem.hasPrefix) {
      throw PipelineError(
        "\(path): made for another family of models (\(prefix)…), not for Stable Diffusion 1 or 2")
    }
    var (component, module) = ("unet", stem)
    if let (prefix, name) = prefixes.first(where: { stem.hasPrefix($0.0) }) {
      (component, module) = (name, String(stem.dropFirst(prefix.count)))
    }
    // Older versions of diffusers named the attention's processor.
    module = module.split(separator: ".").filter { $0 != "processor" }.joined(separator: ".")
    return (component, LoRAFile.flat(module))
  }

  /// A path as kohya writes it, which cannot be undone: dots become underscores.
  static func flat(_ path: String) -> String {
    let flat = String(path.map { $0 == "." ? "_" : $0 })
    return flat.hasPrefix("text_model_") ? String(flat.dropFirst("text_model_".count)) : flat
  }

  /// The alpha of pairs without a tensor for it: PEFT writes it into the metadata or a config beside the file; without
  /// any it is the rank.
  func statedAlpha(component: String) -> Double? {
    let note = files.files[0].metadata["lora_adapter_metadata"]
    if let note, let json = try? JSON(parsing: note), let alpha = json["\(component).lora_alpha"]?.double {
      return alpha
    }
    guard let slash = path.lastIndex(of: "/"),
      let json = try? JSON(file: path[..<slash] + "/adapter_config.json")
    else { return nil }
    return json["lora_alpha"]?.double
  }
}
