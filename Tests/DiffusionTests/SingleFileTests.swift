import Encoding
import Foundation
import Tensor
import Testing
import Weights

@testable import Families
@testable import Models
@testable import Sampling

/// A directory for files that a test makes; removed at the end.
final class Workshop {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appending(path: "lunette-test-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// A file of zeros under these names.
  func file(_ name: String, _ shapes: [String: [Int]]) throws -> String {
    try SafetensorsFile.write(shapes.mapValues { try .zeros($0) }, to: "\(path)/\(name)")
    return "\(path)/\(name)"
  }

  /// A small checkpoint as one file under the names of the original code (Goldens/single-file.json, which diffusers' own
  /// loader has read back).
  func singleFile(
    of name: String, changing change: (inout [String: Tensor]) throws -> Void = { _ in },
    metadata: [String: String] = [:]
  ) throws -> String {
    let stems = [
      "unet": "unet/diffusion_pytorch_model", "vae": "vae/diffusion_pytorch_model",
      "text_encoder": "text_encoder/model",
    ]
    let parts = try stems.mapValues { try SafetensorsFile(path: Goldens.path("\(name)/\($0).safetensors")) }
    let names = try #require(try JSON(file: Goldens.path("single-file.json"))[name]?.object)
    var tensors: [String: Tensor] = [:]
    for (old, place) in names.members {
      let place = (place.array ?? []).compactMap(\.string)
      let file = try #require(parts[place[0]])
      var tensor = try Tensor.concatenated(place.dropFirst().map { try file.tensor(named: $0) }, dim: 0)
      if old.contains(".mid.attn_1."), tensor.rank == 2 { tensor = try tensor.viewed(tensor.shape + [1, 1]) }
      tensors[old] = tensor
    }
    try change(&tensors)
    let file = "\(path)/\(name).safetensors"
    try SafetensorsFile.write(tensors, to: file, type: .f16, metadata: metadata)
    return file
  }
}

@Suite struct SingleFileTests {
  private func options(
    _ name: String, _ change: (inout CheckpointOptions) -> Void = { _ in }
  ) -> CheckpointOptions {
    var options = CheckpointOptions()
    options.configs = Goldens.path(name)
    change(&options)
    return options
  }

  private func refusal(_ path: String, _ options: CheckpointOptions = CheckpointOptions()) -> String {
    do {
      _ = try Checkpoint(path: path, options: options).pipeline()
      return "none"
    } catch {
      #expect(!"\(error)".contains("\n"))
      return "\(error)".replacingOccurrences(of: path, with: "FILE")
    }
  }

  private static let foreignFiles: [(shapes: [String: [Int]], what: String)] = [
    (["conditioner.embedders.0.model.x": [1]], "a Stable Diffusion XL refiner"),
    (["model.diffusion_model.joint_blocks.0.x": [1]], "a Stable Diffusion 3 checkpoint"),
    (["double_blocks.0.img_attn.qkv.weight": [1]], "a Flux checkpoint"),
    (["control_model.input_hint_block.0.weight": [1]], "a ControlNet"),
    (
      ["lora_unet_a.lora_down.weight": [1], "lora_unet_a.lora_up.weight": [1]], "a LoRA adapter, not a model"
    ),
    (["lora_unet_a.hada_w1_a": [1]], "a LoHa adapter, not a model"),
    (["<cat>": [2, 8]], "a textual inversion embedding, not a model"),
    (["decoder.conv_in.weight": [1], "encoder.conv_in.weight": [1]], "a VAE alone"),
    (["down_blocks.0.x": [1], "time_embedding.linear_1.weight": [1]], "a UNet alone"),
    (["text_model.final_layer_norm.weight": [1], "x.y": [1]], "a CLIP alone"),
    (["model.diffusion_model.input_blocks.0.0.weight": [8, 8, 3, 3]], "an InstructPix2Pix model"),
    (["model.diffusion_model.input_blocks.0.0.weight": [8, 5, 3, 3]], "a depth-to-image model"),
    (["a.b": [1], "c.d": [1]], "not a checkpoint of Stable Diffusion"),
  ]

  @Test func isTheModelOfItsDirectory() throws {
    let workshop = try Workshop()
    let file = try workshop.singleFile(of: "tiny-sd1")
    var request = GenerateRequest(prompt: "a cat and a dog")
    request.steps = 2
    let single = try Checkpoint(path: file, options: options("tiny-sd1")).pipeline().generate(request)
    let whole = try Checkpoint(path: Goldens.path("tiny-sd1")).pipeline().generate(request)
    #expect(single.latents.toArray() == whole.latents.toArray())
    #expect(try single.image().toArray() == whole.image().toArray())
  }

  /// What files of the second version hold besides: the tower's last layer, and leftovers of training.
  private static func addLeftovers(_ tensors: inout [String: Tensor]) throws {
    let last = tensors.filter { $0.key.contains("resblocks.1.") }
    for (name, tensor) in last {
      tensors[name.replacingOccurrences(of: "resblocks.1.", with: "resblocks.2.")] = tensor
    }
    tensors["cond_stage_model.model.logit_scale"] = try Tensor.zeros([])
    tensors["model_ema.decay"] = try Tensor.zeros([])
    tensors["betas"] = try Tensor.zeros([1000])
  }

  /// OpenCLIP's names, with the projections of attention in one, and the last layer that is left out.
  @Test func readsTheTowerOfTheSecondVersion() throws {
    let workshop = try Workshop()
    let file = try workshop.singleFile(of: "tiny-inpaint", changing: Self.addLeftovers)
    let single = try Checkpoint(path: file, options: options("tiny-inpaint"))
    let whole = try Checkpoint(path: Goldens.path("tiny-inpaint"))
    let ids = [[1, 5, 9, 12]]
    let (tower, wholeTower) = (try single.textEncoder(), try whole.textEncoder())
    let own = try tower(ids: ids, context: RunContext()).toArray()
    let expected = try wholeTower(ids: ids, context: RunContext()).toArray()
    #expect(own == expected)
    let sample = try Tensor.zeros([1, 8, 8, 9]).adding(0.3)
    let text = try Tensor.zeros([1, 4, 16]).adding(0.1)
    let (unet, wholeUNet) = (try single.predictor(), try whole.predictor())
    let predicted = try unet(sample, timestep: 300, embedding: text, context: RunContext())
    let known = try wholeUNet(sample, timestep: 300, embedding: text, context: RunContext())
    #expect(predicted.toArray() == known.toArray())
    let report = single.check()
    #expect(report.faults == [])
    #expect(report.unused == [])
    let info = try single.info()
    #expect(info.components.map(\.name) == ["unet", "text_encoder", "vae", "tokenizer"])
    for component in info.components { #expect(component.missing.isEmpty && component.unused.isEmpty) }
  }

  /// What the shapes of the published models say.
  @Test func configsAreReadOffTheShapes() throws {
    let workshop = try Workshop()
    let file = try workshop.singleFile(of: "tiny-inpaint")
    let checkpoint = try Checkpoint(path: file)
    let unet = try #require(checkpoint.source("unet")).configuration().json
    #expect(
      unet["block_out_channels"] == [4, 8] && unet["in_channels"] == 9 && unet["cross_attention_dim"] == 16)
    #expect(unet["use_linear_projection"] == true && unet["layers_per_block"] == 1)
    #expect(unet["down_block_types"] == ["CrossAttnDownBlock2D", "CrossAttnDownBlock2D"])
    let text = try #require(checkpoint.source("text_encoder")).configuration().json
    #expect(text["hidden_size"] == 16 && text["num_hidden_layers"] == 1 && text["hidden_act"] == "gelu")
    let vae = try #require(checkpoint.source("vae")).configuration().json
    #expect(
      vae["block_out_channels"] == [4, 4] && vae["latent_channels"] == 4 && vae["layers_per_block"] == 1)
    #expect(try #require(checkpoint.source("scheduler")).configuration().json["prediction_type"] == "epsilon")

    let first = try Checkpoint(path: workshop.singleFile(of: "tiny-sd1"))
    #expect(try #require(first.source("unet")).configuration().json["attention_head_dim"] == [8, 8, 8])
    #expect(
      try #require(first.source("unet")).configuration().json["down_block_types"]
        == ["CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"])
    #expect(first.warnings == [])
  }

  @Test func predictionTypesAreToldOrGuessed() throws {
    let workshop = try Workshop()
    func type(_ metadata: [String: String], _ given: String? = nil) throws -> (String, Int) {
      let file = try workshop.singleFile(
        of: "tiny-inpaint",
        changing: { tensors in
          let name = "model.diffusion_model.input_blocks.0.0.weight"
          tensors[name] = try tensors[name]?.narrowed(1, start: 0, length: 4).clone()
        }, metadata: metadata)
      var options = CheckpointOptions()
      options.predictionType = given
      let checkpoint = try Checkpoint(path: file, options: options)
      let scheduler = try #require(checkpoint.source("scheduler")).configuration()
      return (try scheduler.string("prediction_type"), checkpoint.warnings.count)
    }
    #expect(try type([:]) == ("v_prediction", 1))
    #expect(try type([:], "epsilon") == ("epsilon", 0))
    #expect(try type(["modelspec.prediction_type": "epsilon"]) == ("epsilon", 0))
    #expect(try type(["modelspec.prediction_type": "v"]) == ("v_prediction", 0))
  }

  /// A file of version 2 for text to image, under a name of its own.
  private func second(
    _ workshop: Workshop, name: String = "x", metadata: [String: String] = [:], deviation: Float? = nil,
    towerAt prefix: String = "cond_stage_model.model."
  ) throws -> Checkpoint {
    let file = try workshop.singleFile(
      of: "tiny-inpaint",
      changing: { tensors in
        let input = "model.diffusion_model.input_blocks.0.0.weight"
        tensors[input] = try tensors[input]?.narrowed(1, start: 0, length: 4).clone()
        for (name, tensor) in tensors where name.hasPrefix("cond_stage_model.model.") {
          tensors[name] = nil
          tensors[prefix + name.dropFirst("cond_stage_model.model.".count)] = tensor
        }
        if let deviation {
          tensors["model.diffusion_model.output_blocks.11.1.transformer_blocks.0.norm1.bias"] =
            try Tensor([deviation, -deviation], shape: [2])
        }
      }, metadata: metadata)
    let place = "\(workshop.path)/\(name).safetensors"
    try FileManager.default.moveItem(atPath: file, toPath: place)
    return try Checkpoint(path: place)
  }

  private func settings(_ checkpoint: Checkpoint) throws -> [String] {
    let scheduler = try #require(checkpoint.source("scheduler")).configuration()
    let unet = try #require(checkpoint.source("unet")).configuration()
    return [
      scheduler.className ?? "", try scheduler.string("timestep_spacing", default: "none"),
      try scheduler.string("prediction_type"), "\(try unet.int("sample_size"))",
      "\(checkpoint.warnings.count)",
    ]
  }

  @Test func filesOfTurboAreToldByTheirNames() throws {
    let workshop = try Workshop()
    let turbo = ["EulerDiscreteScheduler", "trailing", "epsilon", "64", "0"]
    #expect(try settings(second(workshop, name: "sd_turbo")) == turbo)
    #expect(try settings(second(workshop, name: "y", metadata: ["modelspec.title": "SD-Turbo"])) == turbo)
    #expect(
      try settings(second(workshop, name: "z")) == ["DDIMScheduler", "none", "v_prediction", "96", "1"])
  }

  /// By the deviation of biases that training to predict the velocity leaves larger.
  @Test func predictionsAreGuessedByTheWeights() throws {
    let workshop = try Workshop()
    let (low, high) = (
      try second(workshop, name: "low", deviation: 0.05), try second(workshop, name: "high", deviation: 0.2)
    )
    #expect(try settings(low) == ["DDIMScheduler", "none", "epsilon", "64", "1"])
    #expect(try settings(high) == ["DDIMScheduler", "none", "v_prediction", "96", "1"])
    #expect(low.warnings[0].contains("its prediction_type is v_prediction"))
    #expect(high.warnings[0].contains("its prediction_type is epsilon"))
  }

  /// Where the code of Stable Diffusion XL puts it.
  @Test func theTowerOfTheSecondVersionMayLieElsewhere() throws {
    let (one, other) = (try Workshop(), try Workshop())
    let moved = try second(one, towerAt: "conditioner.embedders.0.model.")
    #expect(moved.family.name == "Stable Diffusion 2")
    let tower = try #require(moved.source("text_encoder"))
    let own = try #require(second(other).source("text_encoder"))
    #expect(try tower.configuration().json == own.configuration().json)
    #expect(try tower.weights().source.names == own.weights().source.names)
  }

  @Test func whatIsMissingIsNamed() throws {
    let workshop = try Workshop()
    let file = try workshop.singleFile(of: "tiny-sd1")
    var plain = options("tiny-sd1")
    plain.configs = nil
    #expect(refusal(file, plain).contains("32 groups"))
    let elsewhere = try Workshop()
    let bare = try elsewhere.singleFile(of: "tiny-sd1") { tensors in
      tensors = tensors.filter { !$0.key.hasPrefix("first_stage_model.") }
    }
    #expect(
      refusal(bare, options("tiny-sd1")) == "FILE: no VAE in this file: name one with load's option vae")
    let vae = options("tiny-sd1") { $0.vae = Goldens.path("tiny-sd1") }
    #expect(refusal(bare, vae) == "none")
    let withoutTokenizer = try CheckpointCopy(of: "tiny-sd1")
    try withoutTokenizer.remove("tokenizer")
    let configs = options("tiny-sd1") { $0.configs = withoutTokenizer.path }
    #expect(refusal(file, configs).hasPrefix("FILE: a single file carries no tokenizer: name a directory"))
    let tokenizer = options("tiny-sd1") {
      $0.configs = withoutTokenizer.path
      $0.tokenizer = Goldens.path("tiny-sd1/clip")
    }
    #expect(refusal(file, tokenizer) == "none")
  }

  @Test(arguments: foreignFiles)
  func foreignFilesAreNamed(shapes: [String: [Int]], what: String) throws {
    let workshop = try Workshop()
    let file = try workshop.file("x.safetensors", shapes)
    #expect(refusal(file).hasPrefix("FILE: \(what)"))
  }

  @Test(arguments: [
    ("PK\u{3}\u{4}xxxxxxxxxxxx", "a pickle of PyTorch"),
    ("version https://git-lfs.github.com/spec/v1", "a Git LFS pointer"),
    ("GGUF\u{3}xxxxxxxxxx", "a GGUF file"), ("<!DOCTYPE html><html>", "a web page"),
    ("abc", "not a safetensors file: 3 bytes"),
  ])
  func foreignFormatsAreNamed(text: String, what: String) throws {
    let workshop = try Workshop()
    let file = "\(workshop.path)/model.ckpt"
    try Data(text.utf8).write(to: URL(fileURLWithPath: file))
    #expect(refusal(file).hasPrefix("FILE: \(what)"))
  }

  @Test func autoencodersAreReplaced() throws {
    let workshop = try Workshop()
    let whole = try workshop.singleFile(of: "tiny-sd1")
    let alone = "\(workshop.path)/vae.safetensors"
    let prefix = "first_stage_model."
    let names = try SafetensorsFile(path: whole).tensors().filter { $0.key.hasPrefix(prefix) }
    try SafetensorsFile.write(
      Dictionary(uniqueKeysWithValues: names.map { (String($0.key.dropFirst(prefix.count)), $0.value) }),
      to: alone)
    let latents = try Tensor.zeros([4, 4, 4]).adding(0.5)
    func picture(_ vae: String?) throws -> [Float] {
      var options = CheckpointOptions()
      options.vae = vae
      return try Checkpoint(path: Goldens.path("tiny-sd1"), options: options).pipeline().decode(latents)
        .toArray()
    }
    let own = try picture(nil)
    #expect(try picture(Goldens.path("tiny-sd1/vae")) == own)
    #expect(try picture(Goldens.path("tiny-inpaint")) != own)
    var wrong = CheckpointOptions()
    wrong.vae = Goldens.path("tiny-sd1/unet")
    #expect(refusal(Goldens.path("tiny-sd1"), wrong).contains("a UNet2DConditionModel, not a VAE"))
    // Norms of 32 groups are assumed where there is no config: as in all published ones, not in this small one.
    var options = CheckpointOptions()
    options.vae = alone
    let source = try #require(try Checkpoint(path: Goldens.path("tiny-sd1"), options: options).source("vae"))
    #expect(try source.weights().source.names.count == names.count)
    #expect(try source.configuration().json["block_out_channels"] == [8, 12])
  }

  @Test func checkingFindsNumbersThatAreNone() throws {
    let copy = try CheckpointCopy(of: "tiny-sd1")
    let path = "\(copy.path)/unet/diffusion_pytorch_model.safetensors"
    var tensors = try SafetensorsFile(path: path).tensors()
    tensors["conv_in.bias"] = try Tensor([.nan, 1, 2, 3, 4, 5, 6, 7], shape: [8])
    tensors["conv_out.bias"] = try Tensor([.infinity, 1, 2, 3], shape: [4])
    tensors["mid_block.resnets.0.conv1.bias"] = nil
    tensors["mid_block.resnets.1.conv1.bias"] = try .zeros([3])
    try SafetensorsFile.write(tensors, to: path)
    let faults = try Checkpoint(path: copy.path).check().faults
    #expect(faults.count == 4)
    #expect(faults.contains("\(path): tensor 'conv_in.bias' holds NaN"))
    #expect(faults.contains("\(path): tensor 'conv_out.bias' holds infinite numbers"))
    #expect(faults.contains { $0.contains("no tensor 'mid_block.resnets.0.conv1.bias'") })
    #expect(faults.contains { $0.contains("'mid_block.resnets.1.conv1.bias' has shape {3}, expected {16}") })
    let info = try Checkpoint(path: copy.path).info().components.first { $0.name == "unet" }
    #expect(info?.missing.count == 2)
  }
}
