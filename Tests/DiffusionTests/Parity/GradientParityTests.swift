import Families
import Models
import Sampling
import Tensor
import Testing
import Weights

/// Gradients through the networks against PyTorch's autograd in double (Scripts/dev/goldens/gradients.py).
@Suite(.serialized) struct GradientParityTests {
  private static let names = ["tiny-sd1", "tiny-sd2"]
  private static let steps = 6

  private let outputs: SafetensorsFile

  init() throws { outputs = try SafetensorsFile(path: Goldens.path("gradients.safetensors")) }

  private func golden(_ key: String) throws -> Tensor { try outputs.tensor(named: key) }

  private func pipeline(_ name: String) throws -> Pipeline {
    try Checkpoint(directory: Goldens.path(name)).pipeline()
  }

  /// Cosine at least 0.9999, relative L2 error at most 1e-3.
  private func expect(
    _ found: Tensor, like key: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let expected = try golden(key)
    try #require(found.shape == expected.shape, "\(key)", sourceLocation: sourceLocation)
    let length = try expected.norm().item()
    let error = try found.subtracting(expected).norm().item() / length
    let cosine = try found.multiplying(expected).sum().item() / (found.norm().item() * length)
    #expect(error <= 1e-3, "\(key): relative error \(error)", sourceLocation: sourceLocation)
    #expect(cosine >= 0.9999, "\(key): cosine \(cosine)", sourceLocation: sourceLocation)
  }

  @Test(arguments: names)
  func textTower(name: String) throws {
    let rows = try golden("\(name).text.rows").requiringGradient()
    let hidden = try pipeline(name).encode(rows: rows)
    try hidden.multiplying(golden("\(name).text.weights")).sum().backward()
    try expect(#require(rows.gradient), like: "\(name).text.gradient")
  }

  /// With rematerializes, the blocks are computed twice and the gradients are the same.
  @Test(arguments: names, [false, true])
  func unet(name: String, rematerializes: Bool) throws {
    let pipeline = try pipeline(name)
    let sample = try golden("\(name).unet.sample").requiringGradient()
    let embedding = try golden("\(name).unet.embedding").requiringGradient()
    let (prediction, _) = try pipeline.denoise(
      sample, timestep: 500, embedding: embedding, rematerializes: rematerializes)
    let loss = try prediction.multiplying(golden("\(name).unet.weights")).sum()
    let found = try loss.gradients(of: [sample, embedding])
    try expect(found[0], like: "\(name).unet.out.sample")
    try expect(found[1], like: "\(name).unet.out.embedding")
  }

  /// Losses on recorded attention: through the trace, and through hooks.
  @Test(arguments: names, ["trace", "hooks", "rematerializes"])
  func attentionMaps(name: String, by way: String) throws {
    let pipeline = try pipeline(name)
    let sample = try golden("\(name).unet.sample").requiringGradient()
    let embedding = try golden("\(name).unet.embedding").requiringGradient()
    var (cross, own): ([Tensor], [Tensor]) = ([], [])
    if way == "hooks" {
      let hooks = [
        try Hook("unet.**.attn2.probs") { value, _ in
          cross.append(value)
          return nil
        },
        try Hook("unet.**.attn1.probs") { value, _ in
          own.append(value)
          return nil
        },
      ]
      _ = try pipeline.denoise(sample, timestep: 500, embedding: embedding, hooks: hooks)
    } else {
      let (_, recorded) = try pipeline.denoise(
        sample, timestep: 500, embedding: embedding, trace: TraceOptions(selfAttention: true),
        rematerializes: way == "rematerializes")
      let trace = try #require(recorded)
      for (index, layer) in trace.layers.enumerated() {
        let probabilities = try trace.probabilities(layer: index)
        if layer.kind == .cross { cross.append(probabilities) } else { own.append(probabilities) }
      }
    }
    var loss = try Tensor.scalar(0)
    for map in cross {
      loss = try loss.adding(map.narrowed(3, start: 1, length: 5).square().mean())
    }
    for map in own { loss = try loss.adding(map.square().sum(dim: 3).mean()) }
    let found = try loss.gradients(of: [embedding, sample])
    try expect(found[0], like: "\(name).unet.maps.embedding")
    try expect(found[1], like: "\(name).unet.maps.sample")
  }

  /// Both halves of guidance to a loss on the picture.
  @Test(arguments: names, [(1, false), (3, false), (3, true)])
  func imageThroughTheLastSteps(name: String, run: (last: Int, rematerializes: Bool)) throws {
    let last = run.last
    let pipeline = try pipeline(name)
    let embedding = try pipeline.encode("a cat and a pistol").requiringGradient()
    let uncond = try pipeline.encode("").requiringGradient()
    var request = GenerateRequest(prompt: .embedding(embedding))
    request.negative = .embedding(uncond)
    request.noise = try golden("\(name).run.noise")
    (request.steps, request.guidance, request.scheduler) = (Self.steps, 7.5, "ddim")
    (request.gradientSteps, request.rematerializes) = run
    let result = try pipeline.generate(request)
    #expect(try !result.image().requiresGradient)
    let loss = try pipeline.decode(result.latents).subtracting(0.3).square().mean()
    let expected = try golden("\(name).run.\(last).loss").item()
    #expect(abs(try loss.item() - expected) < 1e-4 * expected)
    try loss.backward()
    try expect(#require(embedding.gradient), like: "\(name).run.\(last).embedding")
    try expect(#require(uncond.gradient), like: "\(name).run.\(last).uncond")
  }

  @Test(arguments: names)
  func decoder(name: String) throws {
    let latents = try golden("\(name).vae.latents").requiringGradient()
    let image = try pipeline(name).decode(latents).subtracting(0.5).multiplying(2)
    let found = try image.multiplying(golden("\(name).vae.weights")).sum().gradients(of: [latents])
    try expect(found[0], like: "\(name).vae.gradient")
  }

  @Test func clipLogits() throws {
    let clip = try #require(try Checkpoint(directory: Goldens.path("tiny-sd1")).clip())
    let picture = try golden("tiny-sd1.clip.picture").requiringGradient()
    let ids = try golden("tiny-sd1.clip.ids")
    let rows = try (0..<ids.shape[0]).map { try ids.selected(0, $0).toArray().map { Int($0) } }
    let text = try clip.text.features(ids: rows, context: RunContext()).normalized(dim: 1)
    let logits = try text.matmul(clip.image(picture).unsqueezed(1)).squeezed(1).multiplying(clip.logitScale)
    try expect(logits.detached, like: "tiny-sd1.clip.logits")
    let margin = try logits.selected(0, 0).subtracting(logits.selected(0, 1))
    try expect(margin.gradients(of: [picture])[0], like: "tiny-sd1.clip.gradient")
  }

  /// Checkpoints keep less, also in the trace of a run whose steps have other embeddings.
  @Test func checkpointsKeepLess() throws {
    let pipeline = try pipeline("tiny-sd2")
    let latents = try golden("tiny-sd2.run.noise").requiringGradient()
    let texts = try ["a cat", "a pistol"].map { try pipeline.encode($0) }
    func run(_ rematerializes: Bool) throws -> (gradient: Tensor, kept: Int) {
      var request = GenerateRequest(prompt: .embeddings(texts))
      (request.noise, request.steps, request.scheduler) = (latents, 2, "ddim")
      (request.gradientSteps, request.rematerializes) = (2, rematerializes)
      request.trace = TraceOptions(unconditional: true)
      let before = Storage.liveByteCount
      let result = try pipeline.generate(request)
      let kept = Storage.liveByteCount - before
      let maps = try #require(result.trace).probabilities(layer: 1, conditional: false)
      let loss = try result.latents.square().mean().adding(maps.square().mean())
      return (try loss.gradients(of: [latents])[0], kept)
    }
    _ = try run(false)  // packs the weights
    let (all, less) = (try run(false), try run(true))
    #expect(less.kept * 2 < all.kept)
    let error = try less.gradient.subtracting(all.gradient).norm().item() / all.gradient.norm().item()
    #expect(error < 1e-4)
  }

  /// Without `gradientSteps` a run forgets its tape, and what it kept of the text does not outlive it.
  @Test func runsForgetTheTape() throws {
    let pipeline = try pipeline("tiny-sd1")
    let embedding = try pipeline.encode("a cat").requiringGradient()
    var request = GenerateRequest(prompt: .embedding(embedding))
    (request.steps, request.trace) = (2, TraceOptions())
    let result = try pipeline.generate(request)
    #expect(!result.latents.requiresGradient)
    #expect(try !#require(result.trace).probabilities(layer: 0).requiresGradient)
    request.gradientSteps = 1
    #expect(try pipeline.generate(request).latents.requiresGradient)
    request.gradientSteps = -1
    #expect(throws: PipelineError.self) { try pipeline.generate(request) }
  }
}
