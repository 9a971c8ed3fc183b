import Models
import Sampling
import Tensor
import Testing

/// What holds for the toy model must hold for a real one.
@Suite struct CheckpointRunTests {
  private func generate(_ pipeline: Pipeline, _ change: (inout GenerateRequest) -> Void) throws
    -> GenerateResult
  {
    var request = GenerateRequest(prompt: "a cat and a pistol")
    request.steps = 4
    request.seeds = [3]
    change(&request)
    return try pipeline.generate(request)
  }

  @Test(arguments: Reference.all)
  func picturesOfABatchAreThoseOfSingleRuns(reference: Reference) throws {
    let pipeline = try reference.pipeline()
    let prompts = ["a cat", "two dogs and a bow"]
    let batch = try generate(pipeline) {
      $0.prompt = .texts(prompts)
      $0.seeds = [3, 4]
      $0.trace = TraceOptions()
    }
    let maps = try #require(batch.trace)
    for (sample, prompt) in prompts.enumerated() {
      let single = try generate(pipeline) {
        $0.prompt = .texts([prompt])
        $0.seeds = [UInt64(3 + sample)]
        $0.trace = TraceOptions()
      }
      #expect(difference(try batch.latents.selected(0, sample), try single.latents.selected(0, 0)) < 1e-3)
      let map = try #require(single.trace).heatmap(token: 2)
      #expect(difference(try maps.heatmap(token: 2, sample: sample), map) < 1e-3)
    }
  }

  @Test(arguments: Reference.all)
  func splitRunsHaveTheSameBytes(reference: Reference) throws {
    let pipeline = try reference.pipeline()
    let whole = try generate(pipeline) {
      $0.scheduler = "ddim"
      $0.eta = 1
    }
    let half = try generate(pipeline) {
      $0.scheduler = "ddim"
      $0.eta = 1
      $0.endStep = 2
    }
    let rest = try generate(pipeline) {
      $0.scheduler = "ddim"
      $0.eta = 1
      $0.latents = half.latents
      $0.startStep = 3
    }
    #expect(rest.latents.toArray() == whole.latents.toArray())
  }

  @Test(arguments: Reference.all)
  func listenersLeaveThePictureAsItIs(reference: Reference) throws {
    let pipeline = try reference.pipeline()
    let plain = try generate(pipeline) { _ in }
    let traced = try generate(pipeline) { $0.trace = TraceOptions(selfAttention: true, unconditional: true) }
    #expect(difference(traced.latents, plain.latents) < 1e-4)
    let everything = try Hook("**") { _, _ in nil }
    let hooked = try generate(pipeline) { $0.hooks = [everything] }
    #expect(difference(hooked.latents, plain.latents) < 1e-4)
    #expect(hooked.warnings.allSatisfy { !"\($0)".contains("matched no site") })
  }
}
