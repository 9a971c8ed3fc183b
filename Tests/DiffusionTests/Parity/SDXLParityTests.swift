import Encoding
import Foundation
import Tensor
import Testing
import Weights

@testable import Families
@testable import Models
@testable import Sampling

/// Stable Diffusion XL against diffusers, on a small model under its real names (Scripts/dev/goldens/sdxl.py).
@Suite struct SDXLParityTests {
  private let golden = Goldens.path("tiny-sdxl.safetensors")
  private let prompt = "a photo of a cat and a dog"

  private func reference(_ name: String) throws -> Tensor {
    try SafetensorsFile(path: golden).tensor(named: name)
  }

  private func expect(_ found: Tensor, like name: String, within limit: Float) throws {
    let expected = try reference(name)
    try #require(found.shape == expected.shape, "\(name)")
    let scale = try expected.abs().max().item()
    let difference = try found.detached.subtracting(expected).abs().max().item() / scale
    #expect(difference <= limit, "\(name): \(difference) of \(limit)")
  }

  private func pipeline(_ change: (inout CheckpointOptions) throws -> Void = { _ in }) throws -> Pipeline {
    var options = CheckpointOptions()
    try change(&options)
    return try Checkpoint(path: Goldens.path("tiny-sdxl"), options: options).pipeline()
  }

  private func sizes() -> PictureSizes {
    var sizes = PictureSizes()
    (sizes.original, sizes.target) = ((64, 48), (32, 24))
    return sizes
  }

  @Test func isOfItsFamily() throws {
    let checkpoint = try Checkpoint(path: Goldens.path("tiny-sdxl"))
    #expect(checkpoint.family.name == "Stable Diffusion XL")
    let report = checkpoint.check()
    #expect(report.faults == [] && report.unused == [])
    let pipeline = try checkpoint.pipeline()
    #expect(pipeline.defaultSteps == 50 && pipeline.defaultGuidance == 5)
    #expect(pipeline.textEncoder.sites().names.contains("text_encoder_2.layers.3"))
  }

  @Test(arguments: [("a photo of a cat and a dog", 0), ("", 1)])
  func texts(text: String, index: Int) throws {
    let known = try pipeline().conditioning(text)
    try expect(known.tokens, like: "text.\(index).tokens", within: 2e-4)
    try expect(#require(known.pooled), like: "text.\(index).pooled", within: 2e-4)
  }

  @Test func softTextsAreTexts() throws {
    let pipeline = try pipeline()
    // The second tower's padding is a token of its own, which a choice of tokens does not have.
    let padded = try pipeline.tokenize(prompt)
    let ids = Array(padded.ids.prefix(padded.tokens.count))
    let hard = try pipeline.conditioning(ids: ids)
    let vocabulary = pipeline.tokenizer.vocabularySize
    var choices = [Float](repeating: 0, count: ids.count * vocabulary)
    for (position, id) in ids.enumerated() { choices[position * vocabulary + id] = 1 }
    let soft = try pipeline.conditioning(soft: Tensor(choices, shape: [ids.count, vocabulary]))
    let apart = try soft.tokens.subtracting(hard.tokens).abs().max().item()
    let pooledApart = try #require(soft.pooled).subtracting(#require(hard.pooled)).abs().max().item()
    #expect(apart < 1e-4 && pooledApart < 1e-4)
  }

  private func denoised(_ pipeline: Pipeline) throws -> Tensor {
    let texts = try (0...1).map { try reference("text.\($0).tokens") }
    let pooled = try (0...1).map { try reference("text.\($0).pooled") }
    return try pipeline.denoise(
      reference("unet.sample"), timestep: 501, embedding: .stacked(texts, dim: 0),
      pooled: .stacked(pooled, dim: 0), sizes: sizes()
    ).prediction
  }

  @Test func oneCall() throws { try expect(denoised(pipeline()), like: "unet.out", within: 2e-4) }

  @Test(arguments: ["run.zeros", "run.empty", "run.negative", "run.sizes"])
  func runs(name: String) throws {
    var request = GenerateRequest(prompt: prompt)
    (request.seeds, request.steps, request.guidance) = ([469], 9, 5)
    switch name {
    case "run.zeros": break
    case "run.empty": request.negative = .texts([""])
    default: request.negative = .texts(["a red car"])
    }
    if name == "run.sizes" {
      var sizes = PictureSizes()
      (sizes.original, sizes.crop, sizes.target) = ((64, 48), (3, 5), (40, 36))
      request.sizes = sizes
    }
    let result = try pipeline().generate(request)
    try expect(result.latents.selected(0, 0), like: "\(name).latents", within: 5e-4)
    guard name == "run.zeros" else { return }
    let bytes = try result.image().clamped(min: 0, max: 1).multiplying(255).round().toArray()
    let expected = try reference("run.zeros.bytes").toArray()
    #expect(zip(bytes, expected).filter { abs($0 - $1) > 1 }.count <= bytes.count / 1000)
  }

  @Test(arguments: [false, true])
  func gradientsReachTokensAndPooledText(checkpoints: Bool) throws {
    let tokens = try reference("text.0.tokens").requiringGradient()
    let pooled = try reference("text.0.pooled").requiringGradient()
    let prediction = try pipeline().denoise(
      reference("unet.sample").narrowed(0, start: 0, length: 1), timestep: 501, embedding: tokens,
      pooled: pooled, sizes: sizes(), rematerializes: checkpoints
    ).prediction
    let found = try prediction.multiplying(prediction).sum().gradients(of: [tokens, pooled])
    for (gradient, name) in zip(found, ["gradient.tokens", "gradient.pooled"]) {
      let expected = try reference(name)
      let product = try gradient.multiplying(expected).sum().item()
      let cosine = try product / (gradient.norm().item() * expected.norm().item())
      #expect(cosine >= 0.9999, "\(name): cosine \(cosine)")
    }
  }

  /// kohya's names for both encoders, and the original code's for the UNet.
  @Test func adaptersOfBothEncodersAndTheUNet() throws {
    let pipeline = try pipeline { $0.loras = [try LoRA(path: Goldens.path("tiny-sdxl/lora.safetensors"))] }
    let known = try pipeline.conditioning(prompt)
    try expect(known.tokens, like: "lora.tokens", within: 2e-4)
    try expect(#require(known.pooled), like: "lora.pooled", within: 2e-4)
    try expect(denoised(pipeline), like: "lora.out", within: 2e-4)
    var options = CheckpointOptions()
    options.loras = [try LoRA(path: Goldens.path("tiny-sdxl/lora.safetensors"))]
    #expect(throws: PipelineError.self) { try Checkpoint(path: Goldens.path("tiny-sd1"), options: options) }
  }

  /// One file under the names of the original code, which diffusers' own loader has read back.
  private func singleFile(_ workshop: Workshop) throws -> String {
    let stems = [
      "unet": "unet/diffusion_pytorch_model", "vae": "vae/diffusion_pytorch_model",
      "text_encoder": "text_encoder/model", "text_encoder_2": "text_encoder_2/model",
    ]
    let parts = try stems.mapValues {
      try SafetensorsFile(path: Goldens.path("tiny-sdxl/\($0).safetensors"))
    }
    let names = try #require(try JSON(file: Goldens.path("single-file-sdxl.json"))["tiny-sdxl"]?.object)
    var tensors: [String: Tensor] = [:]
    for (old, place) in names.members {
      let place = (place.array ?? []).compactMap(\.string)
      let file = try #require(parts[place[0]])
      var tensor = try Tensor.concatenated(place.dropFirst().map { try file.tensor(named: $0) }, dim: 0)
      if old.contains(".mid.attn_1."), tensor.rank == 2 { tensor = try tensor.viewed(tensor.shape + [1, 1]) }
      if old.hasSuffix(".text_projection") { tensor = try tensor.transposed(0, 1).contiguous() }
      tensors[old] = tensor
    }
    let path = "\(workshop.path)/model.safetensors"
    try SafetensorsFile.write(tensors, to: path, type: .f16)
    return path
  }

  @Test func aSingleFileIsTheModelOfItsFolder() throws {
    let workshop = try Workshop()
    let path = try singleFile(workshop)
    var options = CheckpointOptions()
    options.configs = Goldens.path("tiny-sdxl")
    let checkpoint = try Checkpoint(path: path, options: options)
    #expect(checkpoint.family.name == "Stable Diffusion XL")
    let report = checkpoint.check()
    #expect(report.faults == [] && report.unused == [])
    var request = GenerateRequest(prompt: prompt)
    request.steps = 2
    let (one, whole) = (try checkpoint.pipeline().generate(request), try pipeline().generate(request))
    #expect(one.latents.toArray() == whole.latents.toArray())
    #expect(try one.image().toArray() == whole.image().toArray())
  }

  @Test func whatASingleFileSaysByItself() throws {
    let workshop = try Workshop()
    let path = try singleFile(workshop)
    var options = CheckpointOptions()
    options.tokenizer = Goldens.path("tiny-sdxl/tokenizer")
    let checkpoint = try Checkpoint(path: path, options: options)
    let unet = try #require(checkpoint.source("unet")).configuration()
    #expect(try unet.ints("transformer_layers_per_block") == [1, 2, 4])
    #expect(try unet.string("addition_embed_type") == "text_time")
    let scheduler = try #require(checkpoint.source("scheduler")).configuration()
    #expect(scheduler.className == "EulerDiscreteScheduler")
    let vae = try #require(checkpoint.source("vae")).configuration()
    #expect(try vae.double("scaling_factor") == 0.13025)
    let second = try #require(checkpoint.source("text_encoder_2")).configuration()
    #expect(try second.int("num_hidden_layers") == 4 && second.int("projection_dim") == 20)

    // Turbo's file has nothing of its own but its name.
    let turbo = "\(workshop.path)/sd_xl_turbo_1.0_fp16.safetensors"
    try FileManager.default.moveItem(atPath: path, toPath: turbo)
    let distilled = try Checkpoint(path: turbo, options: options)
    let steps = try #require(distilled.source("scheduler")).configuration()
    #expect(steps.className == "EulerAncestralDiscreteScheduler")
    #expect(try steps.string("timestep_spacing") == "trailing")
    #expect(try #require(distilled.source("unet")).configuration().int("sample_size") == 64)
  }

  private func fault(_ change: (CheckpointCopy) throws -> Void) throws -> String {
    let copy = try CheckpointCopy(of: "tiny-sdxl")
    try change(copy)
    do {
      _ = try Checkpoint(path: copy.path).pipeline()
      return "none"
    } catch { return "\(error)" }
  }

  @Test func faultsAreNamed() throws {
    #expect(
      try fault { try $0.set("text_encoder_2", nil, in: "model_index.json") }.hasSuffix("no text_encoder_2"))
    #expect(
      try fault { try $0.set("addition_embed_type", "text", in: "unet/config.json") }
        .contains("addition_embed_type = text is not supported"))
    #expect(
      try fault { try $0.set("addition_time_embed_dim", 7, in: "unet/config.json") }
        .contains("addition_time_embed_dim must be an even number"))
    #expect(
      try fault { try $0.set("force_zeros_for_empty_prompt", "yes", in: "model_index.json") }
        .contains("force_zeros_for_empty_prompt must be true or false"))
    #expect(
      try fault { try $0.set("text_encoder", ["transformers", "CLIPTextModelX"], in: "model_index.json") }
        .contains("CLIPTextModelX"))
    #expect(
      try fault { try $0.set("text_encoder", nil, in: "model_index.json") }
        .contains("a Stable Diffusion XL refiner"))
  }
}
