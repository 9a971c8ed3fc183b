import Tensor
import Testing
import Weights

@testable import Families
@testable import Models
@testable import Sampling

/// Jobs beyond text to image against diffusers' pipelines (Scripts/dev/goldens/jobs.py).
@Suite struct JobParityTests {
  private let golden: SafetensorsFile

  init() throws { golden = try SafetensorsFile(path: Goldens.path("jobs.safetensors")) }

  private func request(_ scheduler: String) -> GenerateRequest {
    var request = GenerateRequest(prompt: "a cat and a pistol")
    (request.seeds, request.steps, request.guidance) = ([11], 6, 5)
    request.scheduler = scheduler
    return request
  }

  private func picture(_ name: String) throws -> Tensor {
    try golden.tensor(named: "\(name).picture").dividing(255)
  }

  private func pipeline(_ name: String) throws -> Pipeline {
    try Checkpoint(path: Goldens.path(name)).pipeline()
  }

  struct Job: Sendable {
    let name, scheduler: String
    let strength: Double

    init(_ name: String, _ scheduler: String, _ strength: Double) {
      (self.name, self.scheduler, self.strength) = (name, scheduler, strength)
    }
  }

  @Test(arguments: [
    Job("tiny-sd1", "ddim", 0.8), Job("tiny-sd1", "pndm", 0.6), Job("tiny-sd1", "heun", 0.5),
    Job("tiny-sd2", "euler", 0.7),
  ])
  func imageToImage(job: Job) throws {
    let (name, scheduler, strength) = (job.name, job.scheduler, job.strength)
    var request = request(scheduler)
    request.image = try picture(name)
    request.strength = strength
    let result = try pipeline(name).generate(request)
    let expected = try golden.tensor(named: "image.\(name).\(scheduler)")
    #expect(difference(try result.latents.selected(0, 0), expected) < 5e-4)
  }

  /// By blending in models that know no masks, by nine channels in those that do.
  @Test(arguments: [
    Job("tiny-sd1", "ddim", 1), Job("tiny-sd1", "euler", 0.75), Job("tiny-inpaint", "ddim", 1),
    Job("tiny-inpaint", "euler", 0.5),
  ])
  func inpainting(job: Job) throws {
    let (name, scheduler, strength) = (job.name, job.scheduler, job.strength)
    var request = request(scheduler)
    request.image = try picture(name)
    request.mask = try golden.tensor(named: "\(name).mask").dividing(255)
    request.strength = strength
    request.trace = TraceOptions(unconditional: true)
    let result = try pipeline(name).generate(request)
    let expected = try golden.tensor(named: "inpaint.\(name).\(scheduler)")
    #expect(difference(try result.latents.selected(0, 0), expected) < 5e-4)

    // Maps of the prompt and of the negative prompt: shares that sum to 1 over the tokens, in every step.
    let trace = try #require(result.trace)
    for conditional in [true, false] {
      let sums = try trace.probabilities(layer: 0, conditional: conditional).sum(dim: 3)
      #expect(difference(sums, try Tensor.full(sums.shape, Float(trace.steps.count))) < 1e-4)
    }
  }

  /// Two prompts, negative prompts and seeds on a map that is not square.
  @Test func batches() throws {
    var request = request("ddim")
    request.prompt = .texts(["a cat", "a dog and a car"])
    request.negative = .texts(["a hat", "the road"])
    request.seeds = [11, 12]
    (request.width, request.height) = (32, 48)
    let result = try pipeline("tiny-sd1").generate(request)
    #expect(difference(result.latents, try golden.tensor(named: "batch")) < 5e-4)
  }

  @Test func longPromptsGoOnInChunks() throws {
    let pipeline = try pipeline("tiny-sd1")
    let long = Array(repeating: "a cat and a dog wearing a hat", count: 14).joined(separator: " ")
    let embedding = try pipeline.encode(long, chunks: true, weights: false)
    #expect(difference(embedding, try golden.tensor(named: "long.embedding")) < 1e-4)

    let chunks = Int(try golden.tensor(named: "long.chunks").item())
    #expect(chunks > 1 && embedding.shape[0] == 77 * chunks)
    var request = request("ddim")
    request.prompt = .texts([long, "a cat"])
    request.chunksPrompts = true
    request.trace = TraceOptions()
    let result = try pipeline.generate(request)
    #expect(result.warnings == [])
    let tokens = try #require(result.tokens[0])
    #expect(tokens.words.count == 14 * 8 && tokens.words.last == "hat" && tokens.ids.count == 77 * chunks)
    #expect(tokens.tokens.allSatisfy { tokens.ids[$0.position] == $0.id })
    #expect(result.trace?.layers.first?.keys == 77 * chunks)
    let last = try #require(tokens.tokens.last { $0.word != nil })
    #expect(try #require(result.trace).heatmap(token: last.position).max().item() > 0)
    // Without chunks the rest is cut off, and said so.
    request.chunksPrompts = false
    #expect(try pipeline.generate(request).warnings.count == 1)
  }

  @Test func wordsAreWeighted() throws {
    let pipeline = try pipeline("tiny-sd1")
    let prompt = #"a (cat:1.3) and a (red) [dog] \(with\) glasses"#
    let embedding = try pipeline.encode(prompt, chunks: false, weights: true)
    #expect(difference(embedding, try golden.tensor(named: "weighted.embedding")) < 1e-4)
    let plain = try pipeline.encode("a cat", chunks: false, weights: true)
    #expect(plain.toArray() == (try pipeline.encode("a cat").toArray()))
  }
}

@Suite struct WeightedTextTests {
  /// Pieces of a prompt and their weights, in the order in which they are expected.
  struct Case: Sendable {
    let prompt: String
    let texts: [String]
    let weights: [Float]

    init(_ prompt: String, _ texts: [String], _ weights: [Float]) {
      (self.prompt, self.texts, self.weights) = (prompt, texts, weights)
    }
  }

  private static let cases: [Case] = [
    Case("a cat", ["a cat"], [1]),
    Case("a (cat) on", ["a ", "cat", " on"], [1, 1.1, 1]),
    Case("((cat:1.5) dog)", ["cat", " dog"], [1.65, 1.1]),
    Case("[[cat]]", ["cat"], [1 / 1.21]),
    Case("(cat", ["cat"], [1.1]),
    Case("cat) dog]", ["cat) dog]"], [1]),
    Case(#"\(cat\) \\ \["#, [#"(cat) \ ["#], [1]),
    Case("a: (b: c)", ["a: ", "b: c"], [1, 1.1]),
    Case("(cat: 0.5 )", ["cat"], [0.5]),
    Case("(cat:-1)", ["cat"], [-1]),
    Case("(cat:nan)", ["cat:nan"], [1.1]),
    Case("", [], []),
  ]

  @Test(arguments: cases)
  func brackets(example: Case) {
    let pieces = WeightedText.pieces(of: example.prompt)
    #expect(pieces.map(\.text) == example.texts)
    for (piece, weight) in zip(pieces, example.weights) { #expect(abs(piece.weight - weight) < 1e-5) }
  }
}

@Suite struct PictureRequestTests {
  private let toy = Toy()

  private func refusal(_ change: (inout GenerateRequest) throws -> Void) throws -> String {
    let picture = try Tensor.zeros([4, 6, 3])
    return toy.refusal { request in
      request.image = picture
      try change(&request)
    }
  }

  @Test func whatDoesNotFitIsNamed() throws {
    #expect(try refusal { _ in } == "")
    #expect(try refusal { $0.strength = 0 } == "strength must be above 0 and at most 1, got 0.0")
    #expect(try refusal { $0.strength = 0.1 } == "strength = 0.1 of 4 steps leaves no step to take")
    #expect(
      try refusal { $0.image = try .zeros([5, 6, 3]) }.hasPrefix("the sides of image must be multiples of 2"))
    #expect(
      try refusal { $0.image = try .zeros([4, 6]) }.hasPrefix("image must be of shape {height, width, 3}"))
    #expect(try refusal { $0.mask = try .zeros([4, 5]) }.hasPrefix("mask must be of shape {4, 6} as image"))
    #expect(try refusal { $0.latents = try .zeros([4, 2, 3]) } == "give image or latents, not both")
    #expect(try refusal { $0.startStep = 2 } == "give strength or startStep with image, not both")
    #expect(try refusal { $0.width = 8 }.hasPrefix("width and height do not fit image"))
    #expect(try refusal { $0.noise = try .zeros([4, 3, 3]) } == "noise and image are of different sizes")
    let mask = try Tensor.zeros([4, 6])
    #expect(toy.refusal { $0.mask = mask } == "mask needs image: the picture of which it covers a part")
    let inpainting = try Checkpoint(path: Goldens.path("tiny-inpaint")).pipeline()
    #expect(throws: PipelineError("this model is for inpainting: it needs \(.image) and \(.mask)")) {
      try inpainting.generate(GenerateRequest(prompt: "a cat"))
    }
  }

  /// Where nothing is masked, the picture's own latents come back.
  @Test func whatIsNotMaskedStays() throws {
    let picture = try Tensor.full([4, 6, 3], 0.75)
    let result = try toy.generate { request in
      request.image = picture
      request.mask = try .zeros([4, 6])
      request.strength = 1
    }
    #expect(difference(try result.latents.selected(0, 0), try toy.pipeline.encodeImage(picture)) < 1e-6)
  }

  @Test func severalPicturesMakeSeveral() throws {
    let batch = try Tensor.stacked([.full([4, 6, 3], 0.25), .full([4, 6, 3], 0.75)], dim: 0)
    let both = try toy.generate { $0.image = batch }
    #expect(both.count == 2)
    let second = try toy.generate { $0.image = try batch.selected(0, 1) }
    #expect(difference(try both.latents.selected(0, 1), try second.latents.selected(0, 0)) < 1e-5)
  }
}
