import Encoding
import Models
import Neural

/// The settings of PEFT's `LoraConfig`, `LoHaConfig` or `LoKrConfig` that go with an adapter, each one honoured, without influence on
/// what was trained, or refused by name.
struct PEFTConfig: Sendable {
  /// What the settings are of, as PEFT writes it.
  enum Kind: String, Sendable, CaseIterable {
    case lora = "LORA"
    case hadamard = "LOHA"
    case kronecker = "LOKR"
  }

  /// Where the settings stand, for messages.
  let place: String
  let kind: Kind
  let rank: Int?
  /// 8 is what PEFT takes where none is stated.
  let alpha: Double
  let rankPattern, alphaPattern: [(pattern: LayerPattern, value: Double)]
  /// Scale by alpha / √rank (Kalajdzievski, "A Rank Stabilization Scaling Factor for Fine-Tuning with LoRA", 2023).
  let isRankStabilised: Bool
  /// Whether DoRA's magnitudes, and biases of the upper factors, belong to the adapter; nil where nothing is said.
  let hasMagnitudes, hasBiases: Bool?
  /// Whether biases of the model itself were trained.
  let keepsBiases: Bool
  /// Ends of paths of modules that were trained whole.
  let savedModules: [String]
  private let targets, excluded: LayerSelection?

  /// A key of `rank_pattern` or `alpha_pattern`.
  struct LayerPattern: Sendable {
    let text: String
    let pattern: PythonPattern
  }

  /// What PEFT does with a setting, once the adapter is trained.
  enum Handling {
    /// Read here.
    case honoured
    /// Only training, or nothing that these models have, depends on it.
    case withoutInfluence
    /// Changes the result in a way that is not supported: null, false, empty or one of these.
    case only([JSON])
  }

  /// Every field of the kind's class in PEFT 0.21 and of what that stands on.
  static func fields(of kind: Kind) -> [String: Handling] {
    switch kind {
    case .lora: loraFields
    case .hadamard: productFields
    case .kronecker: productFields.merging(kroneckerFields) { $1 }
    }
  }

  private static let commonFields: [String: Handling] = {
    var fields: [String: Handling] = [:]
    for name in [
      "r", "rank_pattern", "alpha_pattern", "modules_to_save", "target_modules", "exclude_modules",
      "peft_type",
    ] { fields[name] = .honoured }
    for name in [
      "task_type", "auto_mapping", "peft_version", "base_model_name_or_path", "revision", "inference_mode",
      // The tensors in the file are those of the chosen layers.
      "layers_to_transform", "layers_pattern",
    ] { fields[name] = .withoutInfluence }
    return fields
  }()

  private static let loraFields: [String: Handling] = {
    var fields = commonFields
    for name in ["lora_alpha", "use_rslora", "use_dora", "lora_bias", "bias", "init_lora_weights"] {
      fields[name] = .honoured
    }
    for name in [
      "lora_dropout", "runtime_config", "megatron_core", "qalora_group_size",
      // Start values of what was trained; where they change the model, `init_lora_weights` says so.
      "loftq_config", "eva_config", "corda_config", "lora_ga_config",
      // PEFT itself puts it off for linear layers and convolutions, and the models tie no weights.
      "fan_in_fan_out", "ensure_weight_tying",
    ] { fields[name] = .withoutInfluence }
    for name in [
      "megatron_config", "trainable_token_indices", "use_qalora", "velora_config", "alora_invocation_tokens",
      "monteclora_config", "layer_replication", "target_parameters", "use_bdlora", "arrow_config",
      "kasa_config",
    ] { fields[name] = .only([]) }
    return fields
  }()

  /// How a matrix is cut up shows in the shapes of the file's tensors.
  private static let productFields: [String: Handling] = {
    var fields = commonFields
    fields["alpha"] = .honoured
    for name in ["rank_dropout", "module_dropout", "use_effective_conv2d", "init_weights"] {
      fields[name] = .withoutInfluence
    }
    return fields
  }()

  private static let kroneckerFields: [String: Handling] = [
    "rank_dropout_scale": .withoutInfluence, "decompose_both": .withoutInfluence,
    "decompose_factor": .withoutInfluence,
  ]

  /// Start values that leave the model's own weights alone; others (PiSSA, OLoRA, CorDA, LoftQ, LoRA-GA) take from
  /// them what the factors start from, and the factors do not fit the model without that.
  private static let harmlessStarts: Set<String> = ["gaussian", "eva", "orthogonal", "mica", "true", "false"]

  init(_ fields: JSON.Object, place: String) throws {
    self.place = place
    let reader = PEFTFieldReader(fields: fields, place: place)
    kind = try reader.kind()
    try reader.checkFields(of: kind)
    // Of a product of two whole matrices nothing but the settings knows the rank.
    rank = try reader.number("r").map { Int($0) } ?? (kind == .lora ? nil : 8)
    alpha = try reader.number(kind == .lora ? "lora_alpha" : "alpha") ?? 8
    rankPattern = try reader.patterns("rank_pattern")
    alphaPattern = try reader.patterns("alpha_pattern")
    isRankStabilised = try reader.flag("use_rslora") ?? false
    hasMagnitudes = try reader.flag("use_dora")
    hasBiases = try reader.flag("lora_bias")
    savedModules = try reader.names("modules_to_save")
    targets = try reader.selection("target_modules")
    excluded = try reader.selection("exclude_modules")
    switch fields["bias"] ?? .null {
    case .null, "none": keepsBiases = false
    case "all", "lora_only": keepsBiases = true
    default: throw reader.unsupported("bias")
    }
    if let start = fields["init_lora_weights"], start != .null {
      let name = start.bool.map { "\($0)" } ?? start.string
      guard let name, Self.harmlessStarts.contains(name) else {
        throw PipelineError(
          "\(place): init_lora_weights = \(start.description) is not supported: it changes the model's own "
            + "weights before training (PEFT's save_pretrained can convert such an adapter to plain LoRA)")
      }
    }
  }

  /// The settings by part of the model, as diffusers writes them into a file's metadata.
  static func all(inMetadata note: String, path: String) throws -> [String: PEFTConfig] {
    let place = "\(path): lora_adapter_metadata"
    let json: JSON
    do { json = try JSON(parsing: note, allowing: .nonFinite) } catch let error as JSONError {
      throw PipelineError("\(place): not valid JSON: \(error.message) at byte \(error.position)")
    }
    guard let object = json.object else {
      throw PipelineError("\(place): expected an object, got \(json.kind)")
    }
    var parts: [String: JSON.Object] = [:]
    for (key, value) in zip(object.keys, object.values) {
      guard let part = ["unet", "text_encoder"].first(where: { key.hasPrefix($0 + ".") }) else {
        throw PipelineError("\(place): '\(key)' is a setting of no part of Stable Diffusion 1 or 2")
      }
      parts[part, default: JSON.Object()][String(key.dropFirst(part.count + 1))] = value
    }
    return try Dictionary(
      uniqueKeysWithValues: parts.map { ($0, try PEFTConfig($1, place: "\(place): \($0)")) })
  }

  /// By what a layer's low-rank change is multiplied.
  ///
  /// - Parameters:
  ///   - layer: the layer's path, with dots
  ///   - rank: of the factors in the file; nil if it has none
  func scale(of layer: String, rank: Int?) throws -> Double {
    func value(_ patterns: [(pattern: LayerPattern, value: Double)]) -> Double? {
      patterns.first { LayerSelection.names(of: layer).contains(where: $0.pattern.pattern.matchesEnd) }?.value
    }
    let stated = value(rankPattern).map { Int($0) } ?? self.rank
    if let stated, let rank, stated != rank {
      throw PipelineError(
        "\(place): the rank of '\(layer)' is \(stated), its factors in the file have \(rank)")
    }
    guard let rank = stated ?? rank, rank > 0 else {
      throw PipelineError("\(place): the rank of '\(layer)' is \(stated.map { "\($0)" } ?? "not stated")")
    }
    return (value(alphaPattern) ?? alpha) / (isRankStabilised ? Double(rank).squareRoot() : Double(rank))
  }

  /// Throws if the settings and the tensors of a layer contradict one another.
  func check(_ layer: AdapterLayer, at path: String) throws {
    func fault(_ name: String, _ setting: String) -> PipelineError {
      PipelineError("\(place): \(setting), but the file holds '\(name)'")
    }
    func lack(_ what: String, _ setting: String) -> PipelineError {
      PipelineError("\(place): \(setting), but the file holds no \(what) of '\(path)'")
    }
    let tensors = layer.tensors
    if let name = tensors[.alpha] { throw fault(name, "PEFT's settings state the scale") }
    // Of a table that is adapted PEFT keeps the table too.
    if let name = tensors[.weight], tensors[.tableDown] == nil, !isSaved(path) {
      throw fault(name, "modules_to_save does not name '\(path)'")
    }
    if let name = tensors[.bias], !isSaved(path), !keepsBiases {
      throw fault(name, "bias = \"none\" and modules_to_save does not name '\(path)'")
    }
    guard let (role, name) = tensors.filter(\.key.isFactor).min(by: { $0.value < $1.value }) else { return }
    guard role.kind == kind else { throw fault(name, "peft_type = \"\(kind.rawValue)\"") }
    if let targets, !targets.contains(path) { throw fault(name, "target_modules leaves out '\(path)'") }
    if let excluded, excluded.contains(path) { throw fault(name, "exclude_modules names '\(path)'") }
    guard kind == .lora else { return }
    if hasMagnitudes == false, let name = tensors[.magnitude] { throw fault(name, "use_dora = false") }
    if hasMagnitudes == true, tensors[.magnitude] == nil {
      throw lack("lora_magnitude_vector", "use_dora = true")
    }
    if hasBiases == false, let name = tensors[.upBias] { throw fault(name, "lora_bias = false") }
    if hasBiases == true, tensors[.upBias] == nil { throw lack("lora_B.bias", "lora_bias = true") }
  }

  private func isSaved(_ path: String) -> Bool {
    LayerSelection.names(of: path).contains { name in
      let parts = name.split(separator: ".")
      return parts.indices.contains { last in
        savedModules.contains { parts[...last].joined(separator: ".").hasSuffix($0) }
      }
    }
  }
}
