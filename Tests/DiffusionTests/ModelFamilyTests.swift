import Foundation
import Tensor
import Testing
import Weights

@testable import Families
@testable import Models
@testable import Sampling

/// Families are values: a new one is a value handed to the loader.
@Suite struct ModelFamilyTests {
  private let registry = FamilyRegistry([ToyFamily.family] + FamilyRegistry.standard.families)

  private func refusal(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "none"
    } catch { return "\(error)" }
  }

  /// tiny-sd1 with the toy's denoiser in the place of UNet and VAE.
  private func toyDirectory(_ pipelineClass: String = "ToyPipeline") throws -> CheckpointCopy {
    let copy = try CheckpointCopy(of: "tiny-sd1")
    let index = "model_index.json"
    try copy.set("_class_name", pipelineClass, in: index)
    try copy.set("unet", nil, in: index)
    try copy.set("vae", nil, in: index)
    try copy.set("denoiser", ["toy", "ToyDenoiser"], in: index)
    try copy.set("toy_switch", true, in: index)
    let folder = "\(copy.path)/denoiser"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try copy.write(#"{"_class_name": "ToyDenoiser", "width": 8}"#, to: "denoiser/config.json")
    try SafetensorsFile.write(
      ["text.weight": .full([3, 8], 0.25), "text.bias": .full([3], 0.5)],
      to: "\(folder)/diffusion_pytorch_model.safetensors")
    return copy
  }

  @Test func aNewFamilyIsAValue() throws {
    let copy = try toyDirectory()
    let width = try Checkpoint(path: copy.path, families: registry).textEncoder().embeddingWidth
    try copy.set("width", width, in: "denoiser/config.json")
    try SafetensorsFile.write(
      ["text.weight": .full([3, width], 0.25), "text.bias": .full([3], 0.5)],
      to: "\(copy.path)/denoiser/diffusion_pytorch_model.safetensors")
    let checkpoint = try Checkpoint(path: copy.path, families: registry)
    #expect(checkpoint.family.name == "Toy 1")
    #expect(checkpoint.check().faults == [])
    let pipeline = try checkpoint.pipeline()
    #expect(pipeline.defaultSteps == 3 && pipeline.defaultGuidance == 2 && pipeline.factor == 1)
    let plain = try pipeline.generate(GenerateRequest(prompt: "a cat"))
    #expect(plain.latents.shape == [1, 3, 4, 4])

    // Adapters under the family's own names change its part.
    let adapter = "\(copy.path)/adapter.safetensors"
    try SafetensorsFile.write(
      [
        "lora_toy_text.lora_down.weight": .full([1, width], 1),
        "lora_toy_text.lora_up.weight": .full([3, 1], 1),
      ], to: adapter)
    var options = CheckpointOptions()
    options.loras = [try LoRA(path: adapter, families: registry)]
    let adapted = try Checkpoint(path: copy.path, options: options, families: registry).pipeline()
    let embedding = try plain.latents.selected(0, 0)  // any picture: what is compared is the denoiser
    let text = try pipeline.encode("a cat")
    let (before, _) = try pipeline.denoise(embedding, timestep: 500, embedding: text)
    let (after, _) = try adapted.denoise(embedding, timestep: 500, embedding: text)
    // rank 1, ones: every output grows by the sum of the mean text
    let sum = try text.mean(dim: 0).sum().item()
    let difference = try after.subtracting(before).subtracting(sum).abs().max().item()
    #expect(difference < 1e-4 && abs(sum) > 1e-3)

    // Without the value nothing of this is known.
    #expect(
      refusal { _ = try Checkpoint(path: copy.path).pipeline() }.contains(
        "another kind of checkpoint (ToyPipeline); only "))
  }

  @Test func classesMayEndOpen() throws {
    let copy = try toyDirectory("ToyTurboPipeline")
    #expect(try Checkpoint(path: copy.path, families: registry).family.name == "Toy 1")
    #expect(try Checkpoint(path: copy.path).family.refusal != nil)
  }

  @Test func itsSingleFilesAreRead() throws {
    let workshop = try Workshop()
    let file = try workshop.file("toy.safetensors", ["toy.text.weight": [3, 8], "toy.text.bias": [3]])
    let checkpoint = try Checkpoint(path: file, families: registry)
    #expect(checkpoint.pipelineClass == "ToyPipeline")
    #expect(try checkpoint.predictor().embeddingWidth == 8)
    #expect(refusal { _ = try checkpoint.tokenizer() }.contains("a single file carries no tokenizer"))
    #expect(refusal { _ = try Checkpoint(path: file) }.contains("none of its tensors has a known name"))
  }

  /// By class and by what its single files alone hold.
  @Test(arguments: [
    ("StableDiffusion3Pipeline", "a Stable Diffusion 3 checkpoint"),
    ("FluxPipeline", "a Flux checkpoint"), ("PixArtSigmaPipeline", "a PixArt checkpoint"),
    ("IFPipeline", "a DeepFloyd IF checkpoint"),
    ("StableCascadeDecoderPipeline", "a Stable Cascade or Würstchen checkpoint"),
    ("WuerstchenCombinedPipeline", "a Stable Cascade or Würstchen checkpoint"),
    ("KandinskyV22Pipeline", "a Kandinsky checkpoint"), ("AuraFlowPipeline", "an AuraFlow checkpoint"),
    ("StableDiffusionDepth2ImgPipeline", "a depth-to-image model"),
    ("StableDiffusionUpscalePipeline", "an upscaler"),
    ("StableDiffusionInstructPix2PixPipeline", "an InstructPix2Pix model"),
    ("AnythingPipeline", "another kind of checkpoint"),
  ])
  func foreignClassesAreNamed(pipelineClass: String, what: String) throws {
    let copy = try CheckpointCopy(of: "tiny-sd1")
    try copy.set("_class_name", pipelineClass, in: "model_index.json")
    let message = refusal { _ = try Checkpoint(path: copy.path).pipeline() }
    #expect(message.hasPrefix("\(copy.path): \(what) (\(pipelineClass)); only "))
    #expect(message.hasSuffix(" are supported so far"))
  }

  @Test func variantsAreToldApart() throws {
    func family(_ name: String, _ change: (CheckpointCopy) throws -> Void = { _ in }) throws -> String {
      let copy = try CheckpointCopy(of: name)
      try change(copy)
      return try Checkpoint(path: copy.path).family.name
    }
    #expect(try family("tiny-sd1") == "Stable Diffusion 1")
    #expect(try family("tiny-sd2") == "Stable Diffusion 2")
    #expect(try family("tiny-inpaint") == "Stable Diffusion for inpainting")
    #expect(try family("tiny-sd1") { try $0.set("vae", nil, in: "model_index.json") } == "pixel diffusion")
  }

  /// Two families that would claim the same class or marker must be told apart by something more, and every name is
  /// used once.
  @Test func familiesDoNotShadowOneAnother() {
    let families = FamilyRegistry.standard.families
    #expect(Set(families.map(\.name)).count == families.count)
    for family in families where !family.isSupported {
      #expect(!family.pipelineClasses.isEmpty || !family.markers.isEmpty, "\(family.name) is never told")
    }
    for name in families.flatMap(\.pipelineClasses) where !name.hasSuffix("*") {
      let owners = families.filter { $0.pipelineClasses.contains(name) }
      #expect(owners.count == 1 || name.hasPrefix("StableDiffusion"))
    }
  }
}
