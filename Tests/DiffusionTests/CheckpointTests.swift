import Foundation
import Neural
import Tensor
import Testing
import Weights

@testable import Families
@testable import Models
@testable import Sampling

/// Checkpoints that are damaged or of another kind: one line that names the file and the fault.
struct CheckpointTests {
  private func fault(
    _ name: String = "tiny-sd1", _ damage: (CheckpointCopy) throws -> Void
  ) throws -> (message: String, path: String) {
    let copy = try CheckpointCopy(of: name)
    try damage(copy)
    do {
      _ = try Checkpoint(directory: copy.path).pipeline()
      return ("none", copy.path)
    } catch {
      let message = "\(error)"
      #expect(!message.contains("\n"))
      return (message.replacingOccurrences(of: copy.path, with: "DIR"), copy.path)
    }
  }

  private func message(_ name: String = "tiny-sd1", _ damage: (CheckpointCopy) throws -> Void) throws
    -> String
  {
    try fault(name, damage).message
  }

  @Test(arguments: ["tiny-sd1", "tiny-sd2"])
  func aWholeCheckpointHasNoFaults(name: String) throws {
    let checkpoint = try Checkpoint(directory: Goldens.path(name) + "/")
    let report = checkpoint.check()
    #expect(report.faults == [] && report.unused == [] && report.tensors > 100)
    #expect(try (checkpoint.clip() != nil) == (name == "tiny-sd1"))
  }

  @Test func placesThatAreNoCheckpoint() throws {
    func refusal(_ path: String) -> String {
      do {
        _ = try Checkpoint(directory: path)
        return "none"
      } catch {
        return "\(error)"
      }
    }
    #expect(refusal("/nowhere/at all") == "/nowhere/at all: no such model")
    let unet = Goldens.path("tiny-sd1/unet")
    #expect(
      refusal(unet) == "\(unet): no model_index.json: not a model in the layout of diffusers but one part, "
        + "a UNet2DConditionModel (the whole model is \(Goldens.path("tiny-sd1")))")
    let file = Goldens.path("clip.safetensors")
    #expect(refusal(file).hasPrefix("\(file): not a checkpoint of Stable Diffusion"))
  }

  @Test func missingFiles() throws {
    #expect(try message { try $0.remove("unet/config.json") } == "DIR/unet/config.json: no such file")
    #expect(try message { try $0.remove("vae/config.json") } == "DIR/vae/config.json: no such file")
    #expect(
      try message { try $0.remove("unet/diffusion_pytorch_model.safetensors") }
        == "DIR/unet/diffusion_pytorch_model.safetensors: no such file")
    #expect(
      try message { try $0.remove("tokenizer/merges.txt") }.hasPrefix(
        "DIR/tokenizer/merges.txt: no such file"))
    #expect(
      try message { try $0.remove("scheduler/scheduler_config.json") }
        == "DIR/scheduler/scheduler_config.json: no such file")
  }

  @Test func damagedFiles() throws {
    let unet = "unet/diffusion_pytorch_model.safetensors"
    #expect(try message { try $0.truncate(unet, by: 1) }.hasPrefix("DIR/\(unet): truncated"))
    #expect(
      try message { try $0.write("not safetensors", to: unet) }.hasPrefix("DIR/\(unet): bad header length"))
    #expect(
      try message { try $0.write("{", to: "unet/config.json") }.hasPrefix(
        "DIR/unet/config.json: not valid JSON"))
    #expect(
      try message { try $0.write("[]", to: "unet/config.json") }
        == "DIR/unet/config.json: expected an object, got a list")
  }

  @Test func weightsThatDoNotFitTheConfig() throws {
    #expect(
      try message { try $0.set("cross_attention_dim", 40, in: "unet/config.json") }
        .hasSuffix("attn2.to_k.weight' has shape {8, 32}, expected {8, 40}"))
    #expect(
      try message { try $0.set("layers_per_block", 2, in: "unet/config.json") }
        .contains("no tensor 'down_blocks.0.resnets.1.norm1.weight'"))
    #expect(
      try message { try $0.set("num_hidden_layers", 3, in: "text_encoder/config.json") }
        .contains("no tensor 'text_model.encoder.layers.2.layer_norm1.weight'"))
    #expect(
      try message("tiny-sd2") { copy in
        try copy.remove("unet")
        try FileManager.default.copyItem(atPath: Goldens.path("tiny-sd1/unet"), toPath: "\(copy.path)/unet")
      } == "DIR: the text encoder gives 24 numbers per token, the UNet takes 32")
  }

  /// Everything that a UNet config may say and this UNet does not do.
  @Test(arguments: [
    ("addition_embed_type", "\"image\"", "only text_time (as in Stable Diffusion XL)"),
    ("class_embed_type", "\"timestep\"", "unknown setting class_embed_type = \"timestep\""),
    ("num_class_embeds", "10", "unknown setting num_class_embeds = 10"),
    ("encoder_hid_dim", "64", "unknown setting encoder_hid_dim = 64"),
    ("time_cond_proj_dim", "7", "time_cond_proj_dim must be an even number"),
    ("cross_attention_norm", "\"group_norm\"", "unknown setting cross_attention_norm"),
    ("some_new_idea", "true", "unknown setting some_new_idea = true"),
    (
      "resnet_time_scale_shift", "\"scale_shift\"",
      "resnet_time_scale_shift = \"scale_shift\" is not supported"
    ),
    ("time_embedding_type", "\"fourier\"", "time_embedding_type = \"fourier\" is not supported"),
    ("dual_cross_attention", "true", "dual_cross_attention = true is not supported, only false"),
    ("conv_in_kernel", "5", "conv_in_kernel = 5 is not supported, only 3"),
    ("mid_block_type", "\"UNetMidBlock2D\"", "mid_block_type"),
    ("act_fn", "\"swiglu\"", "unknown activation act_fn = \"swiglu\""),
    ("norm_num_groups", "0", "norm_num_groups must be a whole number from 1 on, got 0"),
    ("norm_num_groups", "5", "8 channels cannot be normalised in 5 groups"),
    ("attention_head_dim", "3", "8 channels do not divide into 3 attention heads"),
    ("attention_head_dim", "[4, 4]", "attention_head_dim must be a whole number or a list of 3, got [4,4]"),
    ("block_out_channels", "\"many\"", "block_out_channels must be a list of whole numbers, got \"many\""),
    ("block_out_channels", "[8]", "down_block_types must be a list of 1"),
    (
      "down_block_types", "[\"SimpleCrossAttnDownBlock2D\", \"DownBlock2D\", \"DownBlock2D\"]",
      "'SimpleCrossAttnDownBlock2D'"
    ),
    ("down_block_types", "[\"DownBlock2D\"]", "down_block_types must be a list of 3"),
    ("layers_per_block", "-1", "layers_per_block"),
    ("in_channels", "1e30", "in_channels must be a whole number"),
    ("sample_size", "\"big\"", "sample_size must be"),
  ])
  func settingsOfTheUNetThatAreRefused(key: String, value: String, part: String) throws {
    let parsed = try JSONSerialization.jsonObject(with: Data(value.utf8), options: .fragmentsAllowed)
    let message = try message { try $0.set(key, parsed, in: "unet/config.json") }
    #expect(
      message.hasPrefix("DIR/unet/config.json: ") || message.hasPrefix("unet.") || message.contains(part))
    #expect(message.contains(part))
  }

  @Test(arguments: [
    ("latents_mean", "[1, 2, 3, 4]", "unknown setting latents_mean"),
    ("down_block_types", "[\"AttnDownEncoderBlock2D\", \"DownEncoderBlock2D\"]", "'AttnDownEncoderBlock2D'"),
    ("up_block_types", "[\"UpDecoderBlock2D\"]", "up_block_types must be a list of 2"),
    ("scaling_factor", "0", "scaling_factor must be other than 0"),
    ("scaling_factor", "\"one\"", "scaling_factor must be a number"),
  ])
  func settingsOfTheVAEThatAreRefused(key: String, value: String, part: String) throws {
    let parsed = try JSONSerialization.jsonObject(with: Data(value.utf8), options: .fragmentsAllowed)
    let message = try message { try $0.set(key, parsed, in: "vae/config.json") }
    #expect(message.hasPrefix("DIR/vae/config.json: ") && message.contains(part))
  }

  @Test func otherFamiliesAreNamed() throws {
    #expect(
      try message { try $0.set("_class_name", "StableDiffusion3Pipeline", in: "model_index.json") }
        == "DIR: a Stable Diffusion 3 checkpoint (StableDiffusion3Pipeline); "
        + "only Stable Diffusion 1, 2 and XL are supported so far")
    #expect(
      try message { try $0.set("_class_name", "FluxPipeline", in: "model_index.json") }
        .contains("a Flux checkpoint (FluxPipeline)"))
    #expect(
      try message { try $0.set("unet", ["diffusers", "UNet3D"], in: "model_index.json") }
        .hasPrefix("DIR/unet: a component of class UNet3D, which is not known"))
    #expect(
      try message { try $0.set("unet", ["diffusers", "AutoencoderKL"], in: "model_index.json") }.contains(
        "unet"))
    #expect(try message { try $0.set("vae", nil, in: "model_index.json") } == "none")
    #expect(
      try message { try $0.set("unet", nil, in: "model_index.json") } == "DIR/model_index.json: no unet")
    #expect(
      try message { try $0.set("../x", ["a", "b"], in: "model_index.json") }.contains(
        "not the name of a directory"))
  }

  @Test(arguments: [
    ("text_encoder_2", "the component 'text_encoder_2' (CLIPTextModel) is not known"),
    ("unet_2", "the component 'unet_2' (CLIPTextModel) is not known"),
  ])
  func unknownComponentsAreRefused(name: String, part: String) throws {
    #expect(
      try message { try $0.set(name, ["transformers", "CLIPTextModel"], in: "model_index.json") }.contains(
        part))
    #expect(try message { try $0.set(name, [nil, nil] as [String?], in: "model_index.json") } == "none")
  }

  @Test func switchesOfTheIndexAreRefusedByName() throws {
    #expect(
      try message { try $0.set("force_zeros_for_empty_prompt", true, in: "model_index.json") }
        .contains("unknown setting force_zeros_for_empty_prompt = true"))
    for value in [true, false] {
      #expect(try message { try $0.set("requires_safety_checker", value, in: "model_index.json") } == "none")
    }
    #expect(
      try message { copy in
        try copy.set(
          "safety_checker", ["stable_diffusion", "StableDiffusionSafetyChecker"], in: "model_index.json")
        try copy.set("feature_extractor", ["transformers", "CLIPImageProcessor"], in: "model_index.json")
      } == "none")
  }

  /// The model's own scheduler, where it is none of ours or carries what it does not know.
  @Test func schedulersThatAreNotKnownAreErrors() throws {
    func fault(_ settings: [String: Any], scheduler: String? = nil) throws -> String {
      let copy = try CheckpointCopy(of: "tiny-sd1")
      for (key, value) in settings {
        try copy.set(key, value, in: "scheduler/scheduler_config.json")
        if key == "_class_name" { try copy.set("scheduler", ["diffusers", value], in: "model_index.json") }
      }
      let pipeline = try Checkpoint(directory: copy.path).pipeline()
      var request = GenerateRequest(prompt: "a cat")
      (request.steps, request.width, request.height, request.scheduler) = (4, 16, 16, scheduler)
      do {
        _ = try pipeline.generate(request)
        #expect(try Checkpoint(directory: copy.path).check().faults == [] || scheduler != nil)
        return "none"
      } catch {
        if scheduler == nil { #expect(try !Checkpoint(directory: copy.path).check().faults.isEmpty) }
        return "\(error)"
      }
    }
    let flow = ["_class_name": "FlowMatchEulerDiscreteScheduler"]
    #expect(try fault(flow).contains("flow matching"))
    #expect(try fault(flow, scheduler: "ddim").contains("flow matching"))
    let new = ["_class_name": "SASolverScheduler"]
    #expect(try fault(new).contains("the model's own scheduler SASolverScheduler is not known"))
    #expect(try fault(new, scheduler: "ddim") == "none")
    let karras: [String: Any] = ["_class_name": "DDIMScheduler", "use_karras_sigmas": true]
    #expect(try fault(karras).contains("use_karras_sigmas is not a setting of the ddim scheduler, got true"))
    // Another class's own settings are its own.
    let euler: [String: Any] = ["_class_name": "EulerDiscreteScheduler", "use_karras_sigmas": true]
    #expect(try fault(euler, scheduler: "ddim") == "none")
    #expect(try fault(["some_new_idea": 1]).contains("unknown setting some_new_idea = 1"))
    #expect(try fault(["use_flow_sigmas": true]).contains("use_flow_sigmas is not a setting"))
  }

  @Test func whatDiffusersReplacesIsSaid() throws {
    let copy = try CheckpointCopy(of: "tiny-sd2")
    func notes() throws -> [String] {
      let checkpoint = try Checkpoint(directory: copy.path)
      _ = try checkpoint.pipeline()
      return checkpoint.warnings
    }
    #expect(try notes() == [])
    try copy.set("timestep_spacing", "leading", in: "scheduler/scheduler_config.json")
    try copy.set("steps_offset", 0, in: "scheduler/scheduler_config.json")
    try copy.set("clip_sample", true, in: "scheduler/scheduler_config.json")
    #expect(try notes().count == 2)
  }

  @Test func checkingNamesAllFaultsAndWhatNothingUses() throws {
    let copy = try CheckpointCopy(of: "tiny-sd1")
    let path = "\(copy.path)/vae/diffusion_pytorch_model.safetensors"
    var tensors = try SafetensorsFile(path: path).tensors()
    tensors["decoder.conv_out.bias"] = nil
    tensors["extra.weight"] = try Tensor.zeros([2])
    try SafetensorsFile.write(tensors, to: path)
    try copy.truncate("unet/diffusion_pytorch_model.safetensors", by: 3)
    let faults = try Checkpoint(directory: copy.path).check().faults
    #expect(faults.count == 2)
    #expect(faults.contains { $0.contains("no tensor 'decoder.conv_out.bias'") })
    #expect(faults.contains { $0.contains("truncated") })
    tensors["decoder.conv_out.bias"] = try Tensor.zeros([3])
    try SafetensorsFile.write(tensors, to: path)
    #expect(try Checkpoint(directory: copy.path).check().unused == ["vae.extra.weight"])
  }

  @Test func variantsAndShardsAreRead() throws {
    let copy = try CheckpointCopy(of: "tiny-sd1")
    let stem = "\(copy.path)/unet/diffusion_pytorch_model"
    let tensors = try SafetensorsFile(path: "\(stem).safetensors").tensors()
    try copy.remove("unet/diffusion_pytorch_model.safetensors")
    let names = tensors.keys.sorted()
    var map: [String: String] = [:]
    for (part, range) in [names.prefix(50), names.dropFirst(50)].enumerated() {
      let shard = "diffusion_pytorch_model-0000\(part + 1)-of-00002.safetensors"
      let own = Dictionary(uniqueKeysWithValues: range.map { ($0, tensors[$0]!) })
      try SafetensorsFile.write(own, to: "\(copy.path)/unet/\(shard)", type: .f16)
      for name in range { map[name] = shard }
    }
    let index = try JSONSerialization.data(withJSONObject: ["weight_map": map])
    try index.write(to: URL(fileURLWithPath: "\(stem).safetensors.index.json"))
    #expect(try Checkpoint(directory: copy.path).check().faults == [])

    try SafetensorsFile.write(tensors, to: "\(stem).fp16.safetensors", type: .f16)
    let unet = try Checkpoint(directory: copy.path, variant: "fp16").source("unet")
    #expect(try unet?.weights().files.files.first?.path == "\(stem).fp16.safetensors")
    #expect(throws: NeuralError("\(copy.path)/text_encoder/model.fp16.safetensors: no such file")) {
      try Checkpoint(directory: copy.path, variant: "fp16").pipeline()
    }
  }

  @Test func infoCountsWithoutReading() throws {
    let info = try Checkpoint(directory: Goldens.path("tiny-sd2")).info()
    #expect(info.pipelineClass == "StableDiffusionPipeline")
    #expect(info.predictionType == "v_prediction" && info.schedulerClass == "DDIMScheduler")
    #expect(info.components.map(\.name).sorted() == ["text_encoder", "tokenizer", "unet", "vae"])
    let unet = try #require(info.components.first { $0.name == "unet" })
    let entries = try SafetensorsFile(path: Goldens.path("tiny-sd2/unet/diffusion_pytorch_model.safetensors"))
      .entries
    #expect(unet.parameters == entries.reduce(0) { $0 + $1.count })
    #expect(unet.types.map(\.name) == ["BF16"] && unet.bytes == 2 * unet.parameters)
    #expect(unet.details.contains { $0 == ("channels", "8, 8, 8, 12") })
    #expect(info.parameters == info.components.reduce(0) { $0 + $1.parameters })
  }

  /// Numbers that no model has end no process, whatever setting they are given to.
  @Test func hostileNumbersAreRefused() throws {
    let numbers: [Any] = [Int.max, Int.min, 1e308, -1e308, 2_147_483_648, -1]
    for (file, keys) in [
      (
        "unet/config.json",
        [
          "block_out_channels", "layers_per_block", "attention_head_dim", "cross_attention_dim",
          "norm_num_groups",
          "in_channels", "time_embedding_dim", "transformer_layers_per_block",
        ]
      ),
      ("vae/config.json", ["block_out_channels", "layers_per_block", "latent_channels", "norm_num_groups"]),
      (
        "text_encoder/config.json",
        ["hidden_size", "num_hidden_layers", "num_attention_heads", "max_position_embeddings", "vocab_size"]
      ),
    ] {
      for key in keys {
        for number in numbers {
          for value in [number, [number], [number, number], [number, number, number, number]] {
            let copy = try CheckpointCopy(of: "tiny-sd1")
            try copy.set(key, value, in: file)
            #expect(throws: (any Error).self, "\(file): \(key) = \(value)") {
              try Checkpoint(path: copy.path).pipeline()
            }
          }
        }
      }
    }
    for (file, down, up) in [
      ("unet/config.json", "DownBlock2D", "UpBlock2D"),
      ("vae/config.json", "DownEncoderBlock2D", "UpDecoderBlock2D"),
    ] {
      let copy = try CheckpointCopy(of: "tiny-sd1")
      try copy.set("block_out_channels", Array(repeating: 4, count: 70), in: file)
      try copy.set("down_block_types", Array(repeating: down, count: 70), in: file)
      try copy.set("up_block_types", Array(repeating: up, count: 70), in: file)
      for key in ["only_cross_attention", "attention_head_dim", "transformer_layers_per_block"] {
        try copy.set(key, nil, in: file)
      }
      #expect { try Checkpoint(path: copy.path).pipeline() } throws: {
        "\($0)".contains("a list of at most 16")
      }
    }
    for key in ["num_train_timesteps", "steps_offset", "original_inference_steps", "solver_order"] {
      for value in [Int.max, Int.min, 1 << 31, -(1 << 31)] {
        for name in SchedulerRegistry.names {
          let config = SchedulerConfig(.object([key: .number(value), "timestep_spacing": "leading"]))
          _ = try? SchedulerRegistry.make(name, config: config, steps: 5)
        }
      }
    }
  }
}
