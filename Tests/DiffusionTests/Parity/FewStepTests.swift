import Encoding
import Foundation
import Tensor
import Testing
import Weights

@testable import Families
@testable import Models
@testable import Sampling

/// Models distilled for few steps against diffusers (Scripts/dev/goldens/few_steps.py).
@Suite struct FewStepTests {
  private let golden: SafetensorsFile

  init() throws { golden = try SafetensorsFile(path: Goldens.path("few-steps.safetensors")) }

  private func expect(_ result: GenerateResult, like name: String) throws {
    let apart = difference(try result.latents.selected(0, 0), try golden.tensor(named: name))
    #expect(apart < 5e-4, "\(name): \(apart)")
  }

  private func request(
    _ prompt: String = "a photo of a cat and a dog", steps: Int, guidance: Double = 0,
    scheduler: String? = nil,
    settings: JSON.Object = JSON.Object()
  ) -> GenerateRequest {
    var request = GenerateRequest(prompt: prompt)
    (request.seeds, request.steps, request.guidance) = ([31], steps, guidance)
    (request.scheduler, request.schedulerSettings) = (scheduler, settings)
    return request
  }

  private func pipeline(
    _ path: String, _ change: (inout CheckpointOptions) throws -> Void = { _ in }
  ) throws -> Pipeline {
    var options = CheckpointOptions()
    try change(&options)
    return try Checkpoint(path: path, options: options).pipeline()
  }

  // MARK: Turbo and Lightning

  @Test(arguments: [1, 2])
  func turbo(steps: Int) throws {
    let copy = try CheckpointCopy(of: "tiny-sdxl")
    try copy.set("_class_name", "EulerAncestralDiscreteScheduler", in: "scheduler/scheduler_config.json")
    try copy.set("timestep_spacing", "trailing", in: "scheduler/scheduler_config.json")
    try copy.set("scheduler", ["diffusers", "EulerAncestralDiscreteScheduler"], in: "model_index.json")
    try expect(pipeline(copy.path).generate(request(steps: steps)), like: "turbo.xl.\(steps)")
  }

  @Test(arguments: [1, 3])
  func turboOfTheSecondVersion(steps: Int) throws {
    let settings: JSON.Object = ["timestep_spacing": "trailing", "prediction_type": "epsilon"]
    let request = request("a cat and a pistol", steps: steps, scheduler: "euler", settings: settings)
    try expect(pipeline(Goldens.path("tiny-sd2")).generate(request), like: "turbo.sd2.\(steps)")
  }

  @Test(arguments: [(4, "epsilon"), (1, "sample")])
  func lightning(steps: Int, prediction: String) throws {
    let settings: JSON.Object = ["timestep_spacing": "trailing", "prediction_type": .string(prediction)]
    let request = request(steps: steps, scheduler: "euler", settings: settings)
    try expect(pipeline(Goldens.path("tiny-sdxl")).generate(request), like: "lightning.\(steps)")
  }

  @Test(arguments: [0, 0.3, 1])
  func trajectoryConsistency(eta: Double) throws {
    var request = request(steps: 4, scheduler: "tcd")
    request.eta = eta
    try expect(pipeline(Goldens.path("tiny-sdxl")).generate(request), like: "tcd.\(eta)")
    request.eta = 1.5
    #expect(throws: PipelineError("eta must be between 0 and 1 with the tcd scheduler, got 1.5")) {
      try pipeline(Goldens.path("tiny-sdxl")).generate(request)
    }
  }

  // MARK: Latent consistency

  private func consistent(_ change: (CheckpointCopy) throws -> Void = { _ in }) throws -> Pipeline {
    let copy = try CheckpointCopy(of: "tiny-sd1", with: "tiny-lcm")
    try change(copy)
    let checkpoint = try Checkpoint(path: copy.path)
    #expect(checkpoint.family.name == "latent consistency models")
    let pipeline = try checkpoint.pipeline()
    // Read before the copy goes.
    try pipeline.codec?.load()
    return pipeline
  }

  @Test(arguments: [8.5, 1])
  func latentConsistency(guidance: Double) throws {
    let copy = try CheckpointCopy(of: "tiny-sd1", with: "tiny-lcm")
    let checkpoint = try Checkpoint(path: copy.path)
    let report = checkpoint.check()
    #expect(report.faults == [] && report.unused == [])
    let pipeline = try checkpoint.pipeline()
    #expect(pipeline.defaultSteps == 4 && pipeline.defaultGuidance == 8.5)
    var request = GenerateRequest(prompt: "a cat and a pistol")
    (request.seeds, request.guidance, request.width, request.height) = ([31], guidance, 32, 32)
    let result = try pipeline.generate(request)
    try expect(result, like: "lcm.\(guidance)")
    #expect(result.timesteps == [999, 759, 499, 259] && result.warnings == [])
  }

  @Test func oneCallIsToldOfGuidance() throws {
    let pipeline = try consistent()
    let text = try pipeline.encode("a cat and a pistol")
    let sample = try golden.tensor(named: "lcm.sample")
    let found = try pipeline.denoise(sample, timestep: 259, embedding: text, guidance: 7.5).prediction
    #expect(difference(found, try golden.tensor(named: "lcm.out")) < 2e-4)
    #expect(
      throws: PipelineError("\(.guidance) is missing: this model is told its weight, a finite number")
    ) {
      try pipeline.denoise(sample, timestep: 259, embedding: text)
    }
    let plain = try self.pipeline(Goldens.path("tiny-sd1"))
    #expect(throws: PipelineError.self) {
      try plain.denoise(sample, timestep: 259, embedding: plain.encode("a cat"), guidance: 7.5)
    }
  }

  /// The prompt alone is looked at, whatever the guidance.
  @Test func thereIsNoSecondHalf() throws {
    let pipeline = try consistent()
    var request = GenerateRequest(prompt: "a cat")
    request.steps = 1
    request.negative = .texts(["a dog"])
    request.trace = TraceOptions()
    let result = try pipeline.generate(request)
    #expect(result.warnings.count == 1 && "\(result.warnings[0])".contains("told of guidance"))
    request.negative = nil
    #expect(try pipeline.generate(request).latents.toArray() == result.latents.toArray())
    request.trace = TraceOptions(unconditional: true)
    #expect(throws: PipelineError.self) { try pipeline.generate(request) }
  }

  /// From a picture all steps are taken, on a shorter schedule.
  @Test(arguments: [0.5, 1])
  func consistentPicturesFromPictures(strength: Double) throws {
    let pipeline = try consistent()
    var request = request("a cat and a pistol", steps: 3, guidance: 8.5)
    request.image = try golden.tensor(named: "picture").dividing(255)
    request.strength = strength
    let result = try pipeline.generate(request)
    #expect(result.timesteps.count == 3)
    try expect(result, like: "lcm.image.\(strength)")
    request.scheduler = "ddim"
    guard strength < 1 else { return }
    #expect(throws: PipelineError("this model starts from pictures only with the lcm and the tcd scheduler"))
    {
      try pipeline.generate(request)
    }
  }

  @Test func consistencyNeedsItsLayer() throws {
    do {
      _ = try consistent { try $0.set("time_cond_proj_dim", nil, in: "unet/config.json") }
      Issue.record("not refused")
    } catch { #expect("\(error)".contains("no time_cond_proj_dim")) }
    do {
      _ = try consistent { try $0.set("time_cond_proj_dim", 7, in: "unet/config.json") }
      Issue.record("not refused")
    } catch { #expect("\(error)".contains("time_cond_proj_dim must be an even number")) }
  }
}
