/// Kinds of adapters by what only their tensors' names hold.
enum AdapterKind {
  private static let products = [(".hada_", "a LoHa adapter"), (".lokr_", "a LoKr adapter")]
  private static let unsupportedParts =
    [
      (".oft_", "an OFT adapter"),
      (".boft_", "a BOFT adapter"), (".on_input", "an (IA)³ adapter"), (".ia3_", "an (IA)³ adapter"),
      (".lora_E", "an AdaLoRA adapter"), (".ranknum", "an AdaLoRA adapter"), (".lora_diag", "a KaSA adapter"),
      (".vera_lambda_", "a VeRA adapter"), (".hra_", "an HRA adapter"), (".a1.weight", "a GLoRA adapter"),
      (".a2.weight", "a GLoRA adapter"), (".b1.weight", "a GLoRA adapter"), (".b2.weight", "a GLoRA adapter"),
      (".trainable_tokens_", "an adapter with trainable tokens (trainable_token_indices)"),
      (".lora_velora_", "a VeLoRA adapter"), ("lora_controlnet", "a Control-LoRA"),
    ] + otherPrefixes.map { (".\($0)_", "an adapter of PEFT's kind '\($0)'") }

  /// How the names of tensors begin that PEFT 0.21 trains in layers by its other methods.
  private static let otherPrefixes = [
    "adamss", "beft", "c3a", "deft", "delora", "fourierft", "frod", "glora", "gralora", "hira", "lily",
    "ln_tuning", "miss",
    "osf", "peanut", "poly", "psoft", "pvera", "randlora", "road", "shadow", "shira", "supertuning",
    "tinylora", "unilora", "vblora", "vera", "waveft",
  ]

  /// The kind that a tensor of this name belongs to, if it is known and not supported.
  static func unsupported(_ name: String) -> String? {
    unsupportedParts.first { name.contains($0.0) }?.1
  }

  /// What kind of adapter a file with these names is; nil if it is none.
  static func of(_ names: Set<String>) -> String? {
    if let kind = names.sorted().lazy.compactMap(unsupported).first { return kind }
    if let kind = products.first(where: { part, _ in names.contains { $0.contains(part) } }) { return kind.1 }
    let prefixes = ["lora_unet_", "lora_te_", "lora_te1_", "lora_te2_", "base_model.model."]
    let isAdapter = names.contains { name in
      switch AdapterTensor(name)?.role {
      case nil, .weight, .bias, .alpha: false
      case .weightDifference, .biasDifference: prefixes.contains(where: name.hasPrefix)
      default: true
      }
    }
    return isAdapter ? plain : nil
  }

  static let plain = "a LoRA adapter"
  /// The kinds whose changes are applied.
  static let supported: Set<String> = [plain, "a LoHa adapter", "a LoKr adapter"]
}
