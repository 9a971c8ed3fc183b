import Encoding
import Models
import Neural
import Sampling

/// Configs of models that come without, read off the shapes of their weights, in the keys of diffusers and
/// transformers. What shapes do not tell (numbers of heads, activations) is that of Stable Diffusion 1 and 2.
enum InferredConfiguration {
  /// - Parameter weights: under the names of diffusers
  static func unet(_ weights: any WeightSource, sampleSize: Int) -> JSON {
    let levels = count { weights.shape(of: "down_blocks.\($0).resnets.0.conv1.weight") != nil }
    let channels = (0..<levels).map { size(weights, "down_blocks.\($0).resnets.0.conv1.weight", 0) }
    let attends = (0..<levels).map { weights.shape(of: attention("down_blocks.\($0)")) != nil }
    let layers = count { weights.shape(of: "down_blocks.0.resnets.\($0).conv1.weight") != nil }
    let projection = weights.shape(of: "mid_block.attentions.0.proj_in.weight") ?? []
    let isLinear = projection.count == 2
    let depths = (0..<levels).map { level in
      let path = "down_blocks.\(level).attentions.0.transformer_blocks"
      return max(1, count { weights.shape(of: "\(path).\($0).attn2.to_k.weight") != nil })
    }
    var configuration: JSON.Object = [
      "_class_name": "UNet2DConditionModel",
      "in_channels": .number(size(weights, "conv_in.weight", 1)),
      "out_channels": .number(size(weights, "conv_out.weight", 0)),
      "sample_size": .number(sampleSize),
      "block_out_channels": .array(channels.map { .number($0) }),
      "layers_per_block": .number(layers),
      "down_block_types": .array(attends.map { $0 ? "CrossAttnDownBlock2D" : "DownBlock2D" }),
      "up_block_types": .array(attends.reversed().map { $0 ? "CrossAttnUpBlock2D" : "UpBlock2D" }),
      "cross_attention_dim": .number(size(weights, attention("mid_block"), 1)),
      // Stable Diffusion 2 has heads of width 64, version 1 has eight.
      "attention_head_dim": .array(channels.map { .number(isLinear ? max(1, $0 / 64) : 8) }),
      "use_linear_projection": .bool(isLinear),
    ]
    if depths != channels.map({ _ in 1 }) {
      configuration["transformer_layers_per_block"] = .array(depths.map { .number($0) })
    }
    let added = size(weights, "add_embedding.linear_1.weight", 1)
    if added > 0 {
      configuration["addition_embed_type"] = "text_time"
      configuration["addition_time_embed_dim"] = 256
      configuration["projection_class_embeddings_input_dim"] = .number(added)
    }
    let guidance = size(weights, "time_embedding.cond_proj.weight", 1)
    if guidance > 0 { configuration["time_cond_proj_dim"] = .number(guidance) }
    return .object(configuration)
  }

  private static func attention(_ block: String) -> String {
    "\(block).attentions.0.transformer_blocks.0.attn2.to_k.weight"
  }

  /// - Parameter weights: under the names of diffusers
  static func autoencoder(_ weights: any WeightSource) -> JSON {
    let levels = count { weights.shape(of: "encoder.down_blocks.\($0).resnets.0.conv1.weight") != nil }
    let channels = (0..<levels).map { size(weights, "encoder.down_blocks.\($0).resnets.0.conv1.weight", 0) }
    let layers = count { weights.shape(of: "encoder.down_blocks.0.resnets.\($0).conv1.weight") != nil }
    return [
      "_class_name": "AutoencoderKL",
      "block_out_channels": .array(channels.map { .number($0) }),
      "down_block_types": .array(channels.map { _ in "DownEncoderBlock2D" }),
      "up_block_types": .array(channels.map { _ in "UpDecoderBlock2D" }),
      "layers_per_block": .number(layers),
      "latent_channels": .number(size(weights, "decoder.conv_in.weight", 1)),
    ]
  }

  /// - Parameters:
  ///   - weights: under the names of transformers, without the prefix `text_model`
  ///   - isOpenCLIP: the tower of Stable Diffusion 2, whose last layer is not used
  static func text(_ weights: any WeightSource, isOpenCLIP: Bool) -> JSON {
    let width = size(weights, "embeddings.token_embedding.weight", 1)
    let vocabulary = size(weights, "embeddings.token_embedding.weight", 0)
    let layers = count { weights.shape(of: "encoder.layers.\($0).mlp.fc1.weight") != nil }
    return [
      "architectures": ["CLIPTextModel"],
      "hidden_size": .number(width),
      "vocab_size": .number(vocabulary),
      "max_position_embeddings": .number(size(weights, "embeddings.position_embedding.weight", 0)),
      "intermediate_size": .number(size(weights, "encoder.layers.0.mlp.fc1.weight", 0)),
      "num_hidden_layers": .number(max(1, isOpenCLIP ? layers - 1 : layers)),
      "num_attention_heads": .number(max(1, width / 64)),
      "hidden_act": .string(isOpenCLIP ? "gelu" : "quick_gelu"),
      "eos_token_id": .number(max(0, vocabulary - 1)),
    ]
  }

  /// OpenCLIP's tower with all its layers and its projection.
  static func textWithProjection(_ weights: any WeightSource) -> JSON {
    var configuration = text(weights, isOpenCLIP: true).object ?? JSON.Object()
    configuration["architectures"] = ["CLIPTextModelWithProjection"]
    configuration["num_hidden_layers"] = .number(
      max(1, count { weights.shape(of: "encoder.layers.\($0).mlp.fc1.weight") != nil }))
    configuration["projection_dim"] = .number(size(weights, "text_projection.weight", 0))
    return .object(configuration)
  }

  /// The noise schedule of Stable Diffusion's training.
  ///
  /// - Parameter predictionType: `epsilon` or `v_prediction`
  static func scheduler(className: String, predictionType: String) -> JSON {
    [
      "_class_name": .string(className),
      "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "num_train_timesteps": 1000,
      "prediction_type": .string(predictionType), "steps_offset": 1, "set_alpha_to_one": false,
      "clip_sample": false, "skip_prk_steps": true,
    ]
  }

  private static func size(_ weights: any WeightSource, _ name: String, _ dim: Int) -> Int {
    let shape = weights.shape(of: name) ?? []
    return dim < shape.count ? shape[dim] : 0
  }

  private static func count(_ exists: (Int) -> Bool) -> Int {
    var count = 0
    while exists(count) { count += 1 }
    return count
  }
}
