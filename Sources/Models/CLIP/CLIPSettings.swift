import Encoding

/// What the configs of CLIP's classes may say.
public enum CLIPSettings {
  /// The two towers' own config in a config that may be that of a whole CLIP.
  public static func tower(_ name: String, of configuration: Configuration) throws -> Configuration {
    // transformers prefers this older spelling, and takes the defaults for what it leaves out.
    let key = configuration.has("\(name)_config_dict") ? "\(name)_config_dict" : "\(name)_config"
    return try configuration.section(key)
  }

  static func checkText(_ configuration: Configuration) throws {
    try checkStack(configuration, type: "clip_text_model")
    // Of an encoder that hides padding: diffusers passes its mask only where the config says so.
    try configuration.require(["use_attention_mask": .bool(false)])
    try configuration.check(
      ClassSettings(
        used: stack.union(["vocab_size", "max_position_embeddings", "eos_token_id", "use_attention_mask"]),
        nullable: nullable, withoutInfluence: withoutInfluence))
  }

  static func checkVision(_ configuration: Configuration) throws {
    try checkStack(configuration, type: "clip_vision_model")
    try configuration.check(
      ClassSettings(
        used: stack.union(["image_size", "patch_size", "num_channels"]), nullable: nullable,
        withoutInfluence: withoutInfluence.union(["eos_token_id"])))
  }

  public static func checkModel(_ configuration: Configuration) throws {
    try checkStack(configuration, type: "clip")
    try configuration.check(
      ClassSettings(
        used: ["projection_dim"],
        nullable: nullable.union([
          "text_config", "vision_config", "text_config_dict", "vision_config_dict",
        ]),
        withoutInfluence: withoutInfluence.union(["logit_scale_init_value", "eos_token_id"])))
  }

  private static func checkStack(_ configuration: Configuration, type: String) throws {
    try configuration.require([
      "model_type": .string(type), "is_decoder": .bool(false), "add_cross_attention": .bool(false),
      "is_encoder_decoder": .bool(false), "pruned_heads": .object(JSON.Object()),
    ])
  }

  private static let stack: Set<String> = [
    "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "hidden_act",
    "layer_norm_eps",
  ]

  private static let nullable: Set<String> = [
    "projection_dim", "model_type", "is_decoder", "add_cross_attention", "is_encoder_decoder", "pruned_heads",
  ]

  /// What every config of transformers may carry: training, generation of text, labels, output formats.
  private static let withoutInfluence: Set<String> = [
    "architectures", "attention_dropout", "attn_implementation", "bad_words_ids", "begin_suppress_tokens",
    "bos_token_id", "chunk_size_feed_forward", "cross_attention_hidden_size", "decoder_start_token_id",
    "diversity_penalty", "do_sample", "dropout", "dtype", "early_stopping", "encoder_no_repeat_ngram_size",
    "exponential_decay_length_penalty", "finetuning_task", "forced_bos_token_id", "forced_eos_token_id",
    "gradient_checkpointing", "id2label", "initializer_factor", "initializer_range", "label2id",
    "length_penalty", "max_length", "min_length", "name_or_path", "no_repeat_ngram_size", "num_beam_groups",
    "num_beams", "num_labels", "num_return_sequences", "output_attentions", "output_hidden_states",
    "output_scores", "pad_token_id", "prefix", "problem_type", "remove_invalid_values", "repetition_penalty",
    "return_dict", "return_dict_in_generate", "sep_token_id", "suppress_tokens", "task_specific_params",
    "temperature", "tf_legacy_loss", "tie_encoder_decoder", "tie_word_embeddings", "tokenizer_class", "top_k",
    "top_p", "torch_dtype", "torchscript", "transformers_version", "typical_p", "use_bfloat16", "use_cache",
    "use_return_dict",
  ]
}
