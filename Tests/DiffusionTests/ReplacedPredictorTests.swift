import Foundation
import Tensor
import Testing
import Weights

@testable import Families
@testable import Models
@testable import Sampling

/// UNets given beside a checkpoint, as models distilled for few steps are handed round.
@Suite struct ReplacedPredictorTests {
  private func latents(
    _ model: String, _ unet: String?, _ change: (inout GenerateRequest) -> Void = { _ in }
  ) throws -> Tensor {
    var options = CheckpointOptions()
    options.unet = unet
    var request = GenerateRequest(prompt: "a photo of a cat and a dog")
    (request.seeds, request.steps, request.guidance) = ([31], 2, 0)
    change(&request)
    return try Checkpoint(path: Goldens.path(model), options: options).pipeline().generate(request).latents
  }

  /// Folders, files in diffusers' names and files in the original code's: what is in them draws.
  @Test func foldersAndFilesTakeItsPlace() throws {
    let workshop = try Workshop()
    let own = try latents("tiny-sd1", nil).toArray()
    for place in ["tiny-sd1/unet", "tiny-sd1", "tiny-sd1/unet/diffusion_pytorch_model.safetensors"] {
      #expect(try latents("tiny-sd1", Goldens.path(place)).toArray() == own, "\(place)")
    }
    let single = try workshop.singleFile(of: "tiny-sd1")
    #expect(try latents("tiny-sd1", single).toArray() == own)
    let other = try workshop.singleFile(of: "tiny-sd1") { tensors in
      let name = "model.diffusion_model.out.2.weight"
      tensors[name] = try tensors[name]?.multiplying(0.5)
      tensors = tensors.filter { $0.key.hasPrefix("model.") }
    }
    #expect(try latents("tiny-sd1", other).toArray() != own)
  }

  /// A layer that the checkpoint's own UNet does not have is read where the file has it: the guidance goes there.
  @Test func aFileMayBringTheLayerOfGuidance() throws {
    let workshop = try Workshop()
    var tensors = try SafetensorsFile(
      path: Goldens.path("tiny-sdxl/unet/diffusion_pytorch_model.safetensors")
    ).tensors()
    let name = "time_embedding.cond_proj.weight"
    tensors[name] = try SyntheticWeights.tensor(name, [8, 10])
    let path = "\(workshop.path)/lcm.safetensors"
    try SafetensorsFile.write(tensors, to: path)
    let found = try latents("tiny-sdxl", path) { request in
      (request.steps, request.guidance, request.scheduler) = (4, 8, "lcm")
    }
    let golden = try SafetensorsFile(path: Goldens.path("few-steps.safetensors"))
    #expect(difference(try found.selected(0, 0), try golden.tensor(named: "lcm.xl")) < 5e-4)
  }

  private func refusal(_ unet: String, of model: String = "tiny-sd1") -> String {
    do {
      _ = try latents(model, unet)
      return "none"
    } catch { return "\(error)" }
  }

  @Test func whatDoesNotFitIsNamed() throws {
    let workshop = try Workshop()
    #expect(refusal("\(workshop.path)/no").hasSuffix("no such UNet"))
    #expect(refusal(workshop.path).hasSuffix("not a UNet in the layout of diffusers"))
    #expect(refusal(Goldens.path("tiny-sd1/vae")).hasSuffix("a AutoencoderKL, not a UNet"))
    #expect(
      refusal(Goldens.path("tiny-sd1/vae/diffusion_pytorch_model.safetensors"))
        .contains("no UNet of Stable Diffusion 1 in this file"))
    #expect(refusal(Goldens.path("adapters/kohya.safetensors")).contains("a LoRA adapter, not a UNet"))
    #expect(refusal(Goldens.path("tiny-sd2/unet")).contains("numbers per token"))
    #expect(
      refusal(Goldens.path("tiny-sdxl/unet/diffusion_pytorch_model.safetensors")).contains("add_embedding")
        || refusal(Goldens.path("tiny-sdxl/unet/diffusion_pytorch_model.safetensors")).contains("shape"))
    var tensors = try SafetensorsFile(
      path: Goldens.path("tiny-sd1/unet/diffusion_pytorch_model.safetensors")
    ).tensors()
    tensors["add_embedding.linear_1.weight"] = try .zeros([4, 4])
    let path = "\(workshop.path)/unet.safetensors"
    try SafetensorsFile.write(tensors, to: path)
    #expect(refusal(path).contains("the model has no place for unet.add_embedding.linear_1.weight"))
  }
}
