import Encoding

/// What the configs of a tokenizer may say. The steps before byte pairs are CLIP's own and not read from files: a file
/// that wants others is refused.
enum TokenizerSettings {
  /// `tokenizer_config.json` and `special_tokens_map.json`.
  static func check(_ configuration: Configuration) throws {
    try configuration.require([
      "add_prefix_space": .bool(false), "do_lower_case": .bool(true), "add_bos_token": .bool(true),
      "add_eos_token": .bool(true), "padding_side": "right", "truncation_side": "right",
      "split_special_tokens": .bool(false),
    ])
    if configuration.has("tokenizer_class") {
      let name = try configuration.string("tokenizer_class")
      guard classes.contains(name) else {
        throw PipelineError(
          "\(configuration.path): tokenizer_class = \(name) is not supported, only CLIPTokenizer")
      }
    }
    try configuration.check(ClassSettings(used: [], nullable: used, withoutInfluence: withoutInfluence))
  }

  /// Tokens besides start, end, padding and unknown that are found in a text before it is split, with their ids where
  /// the config says them.
  static func specialTokens(_ configuration: Configuration) throws -> [(
    content: String, id: Int?, isCaseless: Bool
  )] {
    func token(_ json: JSON, _ key: String) throws -> String {
      guard let content = json.string ?? json["content"]?.string, !content.isEmpty else {
        throw PipelineError("\(configuration.path): \(key): a token without content: \(json)")
      }
      guard json["single_word"]?.bool != true else {
        throw PipelineError(
          "\(configuration.path): the token '\(content)' is a single_word, which is not supported")
      }
      return content
    }
    var tokens: [(content: String, id: Int?, isCaseless: Bool)] = []
    for key in ["bos_token", "eos_token", "unk_token", "pad_token", "sep_token", "cls_token", "mask_token"] {
      if let json = configuration.json[key] { tokens.append((try token(json, key), nil, false)) }
    }
    for key in ["additional_special_tokens", "extra_special_tokens"] {
      let json = configuration.json[key]
      for value in json?.array ?? json?.object?.values.map({ $0 }) ?? [] {
        tokens.append((try token(value, key), nil, false))
      }
    }
    let key = "added_tokens_decoder"
    for (name, value) in (configuration.json[key]?.object ?? JSON.Object()).members {
      guard let id = Int(name), (0..<1 << 24).contains(id) else {
        throw PipelineError("\(configuration.path): \(key): '\(name)' is not an id")
      }
      tokens.append((try token(value, key), id, value["normalized"]?.bool ?? false))
    }
    return tokens
  }

  /// `tokenizer.json`.
  static func check(_ json: JSON, _ path: String) throws {
    let model = json["model"] ?? .object(JSON.Object())
    try reject("dropout", in: model, path) { $0.double == 0 }
    for key in ["byte_fallback", "ignore_merges", "fuse_unk"] {
      try reject(key, in: model, path) { $0.bool == false }
    }
    try reject("continuing_subword_prefix", in: model, path) { $0.string == "" }
    try reject("padding", in: json, path) { $0["direction"]?.string != "Left" }
    try checkSteps(
      json["normalizer"], "normalizer", "normalizers", path, known: ["NFC", "Replace", "Lowercase"])
    try checkSteps(
      json["pre_tokenizer"], "pre_tokenizer", "pretokenizers", path, known: ["Split", "ByteLevel"])
  }

  private static func reject(
    _ key: String, in json: JSON, _ path: String, unless isUsual: (JSON) -> Bool
  ) throws {
    guard let value = json[key], !isUsual(value) else { return }
    throw PipelineError("\(path): \(key) = \(value) is not supported")
  }

  private static func checkSteps(
    _ json: JSON?, _ name: String, _ list: String, _ path: String, known: Set<String>
  ) throws {
    guard let json else { return }
    let steps = json["type"]?.string == "Sequence" ? json[list]?.array ?? [] : [json]
    for step in steps {
      let type = step["type"]?.string ?? "?"
      guard known.contains(type), step["add_prefix_space"]?.bool != true else {
        throw PipelineError("\(path): \(name): \(step) is not supported, only the steps of CLIP's tokenizer")
      }
    }
    if known.contains("Lowercase"), !steps.contains(where: { $0["type"]?.string == "Lowercase" }) {
      throw PipelineError("\(path): \(name) does not lower the case, which is not supported")
    }
  }

  private static let classes: Set<String> = [
    "CLIPTokenizer", "CLIPTokenizerFast", "PreTrainedTokenizerFast", "TokenizersBackend",
  ]

  private static let used: Set<String> = [
    "add_bos_token", "add_eos_token", "add_prefix_space", "added_tokens_decoder", "additional_special_tokens",
    "bos_token", "cls_token", "do_lower_case", "eos_token", "extra_special_tokens", "mask_token",
    "model_max_length", "pad_token", "padding_side", "sep_token", "split_special_tokens", "tokenizer_class",
    "truncation_side", "unk_token",
  ]

  /// How texts are given back, where files lie, what other tokenizers do.
  private static let withoutInfluence: Set<String> = [
    "auto_map", "backend", "cache_dir", "chat_template", "clean_up_tokenization_spaces", "device_map",
    "dtype",
    "errors", "fix_mistral_regex", "is_local", "legacy", "local_files_only", "max_length", "merges_file",
    "model_input_names", "model_specific_special_tokens", "name_or_path", "pad_to_multiple_of",
    "pad_token_type_id", "processor_class", "revision", "spaces_between_special_tokens",
    "special_tokens_map_file", "stride", "strip_accents", "subfolder", "tokenize_chinese_chars",
    "tokenizer_file", "torch_dtype", "transformers_version", "trim_offsets", "truncation_strategy",
    "trust_remote_code", "use_fast", "vocab_file",
  ]
}
