import Sampling
import Tensor
import Testing

@Suite struct RunParityTests {
  /// Whole runs with guidance 7.5 from a seed: at least 99.9% of the picture's bytes within 1.
  @Test(arguments: Reference.all, ["ddim": "ddim", "euler": "euler", "dpm++2m": "dpmsolver++"])
  func pictures(reference: Reference, scheduler: (key: String, value: String)) throws {
    let key = "run.\(scheduler.key)"
    var request = GenerateRequest(prompt: reference.runPrompt)
    request.seeds = [UInt64(try reference.number("run.seed"))]
    request.steps = try reference.number("run.steps")
    request.guidance = 7.5
    request.scheduler = scheduler.value
    let result = try reference.pipeline().generate(request)

    let timesteps = try reference["\(key).timesteps"].toArray()
    for (found, expected) in zip(result.timesteps, timesteps) { #expect(abs(Float(found) - expected) < 1e-3) }
    #expect(result.timesteps.count == timesteps.count)
    try reference.expect(result.latents, like: "\(key).latents", within: 5e-4)

    let bytes = try result.image().clamped(min: 0, max: 1).multiplying(255).round()
    let expected = try reference["\(key).bytes"]
    try #require(bytes.shape == expected.shape)
    let far = zip(bytes.toArray(), expected.toArray()).filter { abs($0 - $1) > 1 }.count
    let share = Float(far) / Float(bytes.count)
    reference.report("\(key).bytes that differ by more than 1", share, limit: 1e-3)
    #expect(share <= 1e-3, "\(reference.name) \(key): \(far) of \(bytes.count) bytes differ by more than 1")
  }

  /// The latents of runs with rescaled guidance; ancestral noise goes on with the seed's generator.
  @Test(arguments: Reference.all, ["pndm", "euler_ancestral", "heun", "unipc"])
  func latents(reference: Reference, scheduler: String) throws {
    var request = GenerateRequest(prompt: reference.runPrompt)
    request.seeds = [UInt64(try reference.number("run.seed"))]
    request.steps = try reference.number("run.steps")
    request.guidance = 7.5
    request.guidanceRescale = 0.7
    request.scheduler = scheduler
    let result = try reference.pipeline().generate(request)
    try reference.expect(result.latents, like: "run.\(scheduler).latents", within: 5e-4)
  }

  @Test(arguments: Reference.all)
  func inversion(reference: Reference) throws {
    var request = InversionRequest(prompt: .texts([reference.runPrompt]))
    request.steps = try reference.number("invert.steps")
    request.guidance = 2
    let states = try reference.pipeline().invert(reference["invert.start"], request)
    #expect(try states.last?.toArray() == reference["invert.start"].toArray())
    try reference.expect(states[0], like: "invert.latents", within: 5e-4)
  }

  /// The noise of a seed is torch's.
  @Test(arguments: Reference.all)
  func noise(reference: Reference) throws {
    let noise = try reference.pipeline().noise(seed: UInt64(reference.number("run.seed")))
    try reference.expect(noise, like: "run.noise", within: 1e-6)
  }
}
