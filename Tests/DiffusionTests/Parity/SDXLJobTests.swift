import Tensor
import Testing
import Weights

@testable import Families
@testable import Models
@testable import Sampling

/// Pictures from pictures with Stable Diffusion XL against diffusers' pipelines (Scripts/dev/goldens/sdxl_jobs.py).
@Suite struct SDXLJobTests {
  private let golden: SafetensorsFile

  init() throws { golden = try SafetensorsFile(path: Goldens.path("sdxl-jobs.safetensors")) }

  private func request(_ scheduler: String, _ strength: Double) throws -> GenerateRequest {
    var request = GenerateRequest(prompt: "a photo of a cat and a dog")
    (request.seeds, request.steps, request.guidance) = ([24], 4, 4)
    request.scheduler = scheduler
    request.image = try golden.tensor(named: "picture").dividing(255)
    request.strength = strength
    return request
  }

  private func expect(_ result: GenerateResult, like name: String) throws {
    let apart = difference(try result.latents.selected(0, 0), try golden.tensor(named: name))
    #expect(apart < 5e-4, "\(name): \(apart)")
  }

  @Test(arguments: [("euler", 0.7), ("ddim", 0.5), ("dpmsolver++", 0.9), ("euler_ancestral", 0.6)])
  func imageToImage(scheduler: String, strength: Double) throws {
    var request = try request(scheduler, strength)
    if scheduler == "ddim" { request.negative = .texts(["a red car"]) }
    if scheduler == "dpmsolver++" {
      request.negative = .texts([""])
      var sizes = PictureSizes()
      (sizes.original, sizes.crop, sizes.target) = ((64, 48), (3, 5), (40, 36))
      request.sizes = sizes
    }
    try expect(
      Checkpoint(path: Goldens.path("tiny-sdxl")).pipeline().generate(request), like: "image.\(scheduler)")
  }

  @Test(arguments: [("euler", 1.0), ("euler_ancestral", 0.7)])
  func inpaintingByBlending(scheduler: String, strength: Double) throws {
    var request = try request(scheduler, strength)
    request.mask = try golden.tensor(named: "mask").dividing(255)
    try expect(
      Checkpoint(path: Goldens.path("tiny-sdxl")).pipeline().generate(request),
      like: "inpaint.four.\(scheduler)")
  }

  /// Nine channels, in a model whose settings have other values than the published ones, each of them.
  @Test(arguments: [("euler", 1.0), ("euler_ancestral", 0.7), ("ddim", 0.99)])
  func inpaintingByNineChannels(scheduler: String, strength: Double) throws {
    let copy = try CheckpointCopy(of: "tiny-sdxl", with: "tiny-sdxl-inpaint")
    let checkpoint = try Checkpoint(path: copy.path)
    #expect(checkpoint.family.name == "Stable Diffusion XL")
    let report = checkpoint.check()
    #expect(report.faults == [] && report.unused == [])
    let pipeline = try checkpoint.pipeline()
    #expect(pipeline.unet.conditionChannels == 5 && !pipeline.zerosAbsentNegative)
    var request = try request(scheduler, strength)
    request.mask = try golden.tensor(named: "mask").dividing(255)
    try expect(pipeline.generate(request), like: "inpaint.nine.\(scheduler)")
    #expect(throws: PipelineError("this model is for inpainting: it needs \(.image) and \(.mask)")) {
      try pipeline.generate(GenerateRequest(prompt: "a cat"))
    }
  }

  @Test func picturesThatAreScoredAreRefused() throws {
    let copy = try CheckpointCopy(of: "tiny-sdxl")
    try copy.set("requires_aesthetics_score", false, in: "model_index.json")
    _ = try Checkpoint(path: copy.path).pipeline()
    try copy.set("requires_aesthetics_score", true, in: "model_index.json")
    do {
      _ = try Checkpoint(path: copy.path).pipeline()
      Issue.record("not refused")
    } catch { #expect("\(error)".contains("requires_aesthetics_score = true is not supported")) }
  }
}
