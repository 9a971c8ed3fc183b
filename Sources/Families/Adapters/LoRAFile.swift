import Encoding
import Glibc
import Models
import Weights

/// A file of low-rank adapters (Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models", 2022) in any of the
/// namings in use: kohya's (`lora_unet_…_to_q.lora_down.weight`), PEFT's (`unet.….to_q.lora_A.weight`), and those of
/// older versions of diffusers.
///
/// Opening accounts for every tensor: one that belongs to no layer or has no known use is an error that names it.
struct LoRAFile: Sendable {
  let files: WeightFiles
  /// By the part of the model that they change: `unet`, `text_encoder`.
  let layers: [String: [AdapterLayer]]
  /// PEFT's settings by part, where the file's metadata or a file beside it states them.
  let configs: [String: PEFTConfig]
  /// Words that the file brings along: names of tensors by token.
  let embeddings: [(token: String, tensors: TextualInversionFile.Vectors<String>)]
  /// The file beside it that states its settings, where there is one.
  let settingsPath: String?
  /// What the user should know.
  let warnings: [String]

  var path: String { files.path }

  init(path: String, families: FamilyRegistry = .standard) throws {
    let files = try WeightFiles(path: path)
    self.files = files
    // The settings first: they name kinds of adapters that the tensors do not tell.
    let settings = try Settings(files)
    guard let kind = AdapterKind.of(Set(files.names)) else {
      throw PipelineError(
        "\(path): not a LoRA adapter (no names with lora_down and lora_up, or lora_A and lora_B)")
    }
    guard AdapterKind.supported.contains(kind) else {
      let name = files.names.first { AdapterKind.unsupported($0) == kind } ?? ""
      throw PipelineError("\(path): \(kind), which is not supported; LoRA, LoHa and LoKr are ('\(name)')")
    }
    var ledger = AdapterLedger(path: path, families: families)
    for name in files.names { try ledger.enter(name) }
    let layers = try ledger.closed { settings.common != nil || settings.parts[$0] != nil }
    self.layers = layers
    embeddings = try ledger.bundle()
    configs = settings.common.map { common in layers.mapValues { _ in common } } ?? settings.parts
    settingsPath = settings.path
    warnings = settings.warnings + LoRAFile.missingAlphas(layers, configs, path)
  }

  /// Without alpha a layer's change is not scaled; diffusers takes the alpha that most other layers have.
  private static func missingAlphas(
    _ layers: [String: [AdapterLayer]], _ configs: [String: PEFTConfig], _ path: String
  ) -> [String] {
    layers.keys.sorted().compactMap { part in
      let pairs = (layers[part] ?? []).filter { $0.tensors[.down] != nil }
      let bare = pairs.filter { $0.tensors[.alpha] == nil }
      guard configs[part] == nil, let first = bare.first, bare.count < pairs.count else { return nil }
      return
        "\(path): \(bare.count) of \(pairs.count) layers of \(part) have no alpha (\(first.path) first): "
        + "it is taken to be their rank"
    }
  }

  /// Where settings stand that are not in the file itself.
  static func settingsPlace(beside path: String) -> String {
    let start = path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex
    return path[..<start] + "adapter_config.json"
  }

  /// PEFT's settings: diffusers writes those of all parts into the metadata, PEFT those of the one part into
  /// `adapter_config.json` beside the file.
  private struct Settings {
    var parts: [String: PEFTConfig] = [:]
    var common: PEFTConfig?
    var path: String?
    var warnings: [String] = []

    init(_ files: WeightFiles) throws {
      if let note = files.files[0].metadata["lora_adapter_metadata"] {
        parts = try PEFTConfig.all(inMetadata: note, path: files.path)
        return
      }
      let place = LoRAFile.settingsPlace(beside: files.path)
      guard access(place, F_OK) == 0 else { return }
      guard !files.names.contains(where: { $0.contains(".lora_down.") || $0.hasPrefix("lora_unet_") }) else {
        warnings = ["\(files.path): \(place) is PEFT's and does not go with the names in this file: not read"]
        return
      }
      let json = try JSON(file: place)
      guard let fields = json.object else {
        throw PipelineError("\(place): expected an object, got \(json.kind)")
      }
      path = place
      common = try PEFTConfig(fields, place: place)
    }
  }

  /// Which layer of which part a name speaks of.
  static func place(
    of stem: String, _ path: String, _ families: FamilyRegistry
  ) throws -> (component: String, module: String) {
    let plain = stem.hasPrefix("base_model.model.") ? String(stem.dropFirst("base_model.model.".count)) : stem
    if let (component, rest) = try families.place(ofAdapter: plain, path: path) { return (component, rest) }
    // PEFT's own files are of one model, which they do not name.
    let isText = ["text_model.", "encoder.layers.", "embeddings.", "final_layer_norm"].contains(
      where: plain.hasPrefix)
    return (isText ? "text_encoder" : "unet", plain)
  }

  /// A layer's path as kohya writes it, which cannot be undone: dots become underscores.
  static func flat(_ path: String) -> String {
    let flat = String(path.map { $0 == "." ? "_" : $0 })
    return flat.hasPrefix("text_model_") ? String(flat.dropFirst("text_model_".count)) : flat
  }

  /// The same under the name that a layer has today.
  static func module(_ path: String, of component: String) -> String {
    // Older versions of diffusers named the attention's processor, and gave all parts the UNet's names.
    let module = flat(path.split(separator: ".").filter { $0 != "processor" }.joined(separator: "."))
    guard component.hasPrefix("text_encoder") else {
      return module.hasSuffix("_to_out") ? module + "_0" : module
    }
    let older = ["_to_q": "_q_proj", "_to_k": "_k_proj", "_to_v": "_v_proj", "_to_out": "_out_proj"]
    guard let (old, new) = older.first(where: { module.hasSuffix("self_attn" + $0.key) }) else {
      return module
    }
    return module.dropLast(old.count) + new
  }
}
