import Diffusion
import Neural
import Tensor
import Testing

/// Whole runs on the two small checkpoints against diffusers (Scripts/dev/goldens/outputs.py).
@Suite struct PipelineParityTests {
  private struct Golden {
    let file: SafetensorsFile
    let pipeline: Pipeline
    let prompt: String

    init(_ name: String) throws {
      file = try SafetensorsFile(path: Goldens.path("\(name).safetensors"))
      pipeline = try Checkpoint(directory: Goldens.path(name)).pipeline()
      prompt = try JSON(file: Goldens.path("cases.json"))["prompt"]?.string ?? ""
    }

    func tensor(_ name: String) throws -> Tensor { try file.tensor(named: name) }
    func int(_ name: String) throws -> Int { Int(try tensor(name).item()) }
  }

  @Test(
    arguments: ["tiny-sd1", "tiny-sd2"], [("ddim", "ddim"), ("euler", "euler"), ("dpmsolver++", "dpm++2m")])
  func picturesAreThoseOfDiffusers(model: String, scheduler: (name: String, golden: String)) throws {
    let golden = try Golden(model)
    var request = GenerateRequest(prompt: golden.prompt)
    request.seeds = [UInt64(try golden.int("run.seed"))]
    request.steps = try golden.int("run.steps")
    request.scheduler = scheduler.name
    let result = try golden.pipeline.generate(request)

    let key = "run.\(scheduler.golden)"
    #expect(result.timesteps.map { Float($0) } == (try golden.tensor("\(key).timesteps")).toArray())
    let latents = try golden.tensor("\(key).latents")
    #expect(
      difference(try result.latents.selected(0, 0), try latents.selected(0, latents.shape[0] - 1)) < 1e-3)

    let image = try result.image()
    let bytes = try golden.tensor("\(key).bytes")
    #expect(image.shape == bytes.shape)
    let same = zip(image.toArray(), bytes.toArray()).filter { found, expected in
      abs((min(max(found, 0), 1) * 255).rounded() - expected) <= 1
    }
    #expect(Double(same.count) >= 0.999 * Double(bytes.count))
  }

  @Test(arguments: ["tiny-sd1", "tiny-sd2"])
  func tracesAreWhatTheProcessorsRecord(model: String) throws {
    let golden = try Golden(model)
    var request = GenerateRequest(prompt: golden.prompt)
    request.noise = try golden.tensor("daam.noise")
    request.steps = try golden.int("daam.steps")
    request.scheduler = "ddim"
    request.trace = TraceOptions()
    let result = try golden.pipeline.generate(request)
    let trace = try #require(result.trace)
    #expect(difference(try result.latents.selected(0, 0), try golden.tensor("daam.latents")) < 1e-3)
    #expect(result.tokens[0]?.tokens.count == (try golden.int("daam.tokens")))

    let prefix = "daam.probs."
    let paths = golden.file.entries.map(\.name).filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
    #expect(Set(paths) == Set(trace.layers.map(\.path)))
    for path in paths {
      let expected = try golden.tensor(prefix + path)
      let found = try trace.probabilities(layer: trace.index(of: path)).selected(0, 0)
        .narrowed(2, start: 0, length: expected.shape[2])
      #expect(difference(found, expected) < 1e-4, "\(path)")
    }
  }
}
