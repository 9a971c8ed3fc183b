import Tensor
import Testing

@testable import Families
@testable import Models
@testable import Sampling

/// What hooks and traces see of the real models, and that looking changes nothing.
struct ModelHookTests {
  private let unet: any NoisePredictor
  private let sample, embedding: Tensor

  init() throws {
    let reference = try #require(Reference.all.first { $0.name == "tiny-sd1" })
    unet = try Checkpoint(directory: reference.model).predictor()
    sample = try reference["unet.1.sample"].permuted([0, 2, 3, 1]).contiguous()
    embedding = try .stacked([reference["text.0.hidden"], reference["text.1.hidden"]], dim: 0)
  }

  /// Largest difference relative to the largest number.
  private func error(_ found: Tensor, _ expected: Tensor) throws -> Float {
    try found.subtracting(expected).abs().max().item() / expected.abs().max().item()
  }

  private func output(_ context: RunContext, embedding: Tensor? = nil) throws -> Tensor {
    try unet(sample, timestep: 500, embedding: embedding ?? self.embedding, context: context)
  }

  private func hook(_ pattern: String, _ body: @escaping Hook.Body) throws -> RunContext {
    RunContext(hooks: [try Hook(pattern, body)])
  }

  /// Every path through the layers that only a listener takes gives the numbers of the fused one.
  @Test(arguments: [
    "unet.**.probs", "unet.**.out", "unet.**.k", "unet.**.v", "unet.**.q", "unet.**.resnets.*",
    "unet.**.attentions.*",
    "unet.mid_block", "unet.*.*.downsamplers.0", "unet.*.*.upsamplers.0", "unet.out", "**",
  ])
  func listeningChangesNothing(pattern: String) throws {
    var seen = 0
    let context = try hook(pattern) { value, _ in
      seen += 1
      return try value.clone()
    }
    #expect(try error(output(context), output(RunContext())) < 1e-5)
    #expect(seen > 0, "\(pattern) is a site")
  }

  @Test func sitesCarryTheCheckpointsPaths() throws {
    var names: [String] = []
    var shapes: [String: [Int]] = [:]
    let context = try hook("**") { value, site in
      names.append(site.name)
      shapes[site.name] = value.shape
      return nil
    }
    _ = try output(context)
    #expect(Set(names).count == names.count)
    let block = "unet.down_blocks.0.attentions.0.transformer_blocks.0"
    #expect(shapes["\(block).attn2.probs"] == [2, 4, 256, 77])
    #expect(shapes["\(block).attn1.probs"] == [2, 4, 256, 256])
    #expect(shapes["\(block).attn2.k"] == [2, 77, 8])
    #expect(shapes["\(block).attn2.out"] == [2, 256, 8])
    #expect(shapes["unet.down_blocks.0.downsamplers.0"] == [2, 8, 8, 8])
    #expect(shapes["unet.mid_block"] == [2, 16, 4, 4])
    #expect(shapes["unet.up_blocks.0.upsamplers.0"] == [2, 16, 8, 8])
    #expect(shapes["unet.out"] == [2, 4, 16, 16])
    #expect(names.last == "unet.out")
    #expect(names.filter { $0.hasSuffix("attn2.probs") }.count == 7)
  }

  @Test func replacedProbabilitiesAreUsed() throws {
    let uniform = try hook("unet.**.attn2.probs") { value, _ in
      try Tensor.full(value.shape, 1 / Float(value.shape[3]))
    }
    let noText = try hook("unet.**.attn2.v") { value, _ in try Tensor.zeros(value.shape) }
    let plain = try output(RunContext())
    #expect(try error(output(uniform), plain) > 0.01)
    #expect(try error(output(noText), plain) > 0.01)
  }

  @Test func tracesAreTheProbabilitiesThatHooksSee() throws {
    var seen: [String: Tensor] = [:]
    let collecting = try hook("unet.**.attn2.probs") { value, site in
      seen[site.name] = try value.clone()
      return nil
    }
    _ = try output(collecting)
    let trace = Trace(
      options: TraceOptions(selfAttention: true, unconditional: true), samples: 1, latentHeight: 16,
      latentWidth: 16)
    let context = RunContext(
      rows: [Row(sample: 0, isConditional: false), Row(sample: 0, isConditional: true)], trace: trace)
    context.step = 1
    let traced = try output(context)
    #expect(try error(traced, output(RunContext())) < 1e-6)
    #expect(trace.layers.count == 14)
    for (index, layer) in trace.layers.enumerated() where layer.kind == .cross {
      let probabilities = try #require(seen["\(layer.path).probs"])
      for (row, conditional) in [false, true].enumerated() {
        let traced = try trace.probabilities(layer: index, conditional: conditional)
        let difference = try error(traced, probabilities.narrowed(0, start: row, length: 1))
        // Two orders of rounding, carried through the layers before: at most 4.7e-6 was measured.
        #expect(difference < 2e-5, "\(layer.path) \(row)")
      }
    }
  }

  /// Keys and values are kept between steps, but never those of another embedding.
  @Test func writingIntoTheEmbeddingIsNoticed() throws {
    let context = RunContext()
    let changing = try embedding.clone()
    let first = try output(context, embedding: changing)
    #expect(try output(context, embedding: changing).toArray() == first.toArray())
    try changing.copy(from: changing.multiplying(0.5))
    let second = try output(context, embedding: changing)
    #expect(try second.toArray() == output(RunContext(), embedding: changing).toArray())
    #expect(try error(second, first) > 1e-3)
  }

  /// The list against which patterns are held is what a run visits: nothing is missing, and nothing is only listed.
  @Test(arguments: Reference.all.map(\.name))
  func listedSitesAreThoseVisited(_ name: String) throws {
    let checkpoint = try Checkpoint(directory: Goldens.path(name))
    let pipeline = try checkpoint.pipeline()
    var names: [String] = []
    var request = GenerateRequest(prompt: "a cat")
    (request.steps, request.strength) = (1, 1)
    request.image = try Tensor.full([32, 32, 3], 0.5)
    request.hooks = [
      try Hook("**") { _, site in
        if !names.contains(site.name) { names.append(site.name) }
        return nil
      }
    ]
    _ = try pipeline.generate(request).image()
    let codec = try #require(pipeline.codec)
    let listed =
      try pipeline.textEncoder.sites().names + pipeline.unet.sites().names
      + codec.encoderSites().names + codec.decoderSites().names
    #expect(Set(listed) == Set(names) && listed.count == names.count)
  }

  @Test func replacedKeysDoNotOutliveTheStep() throws {
    var isActive = true
    let context = try hook("unet.**.attn2.k") { value, _ in
      isActive ? try Tensor.zeros(value.shape) : nil
    }
    let changed = try output(context)
    isActive = false
    #expect(try output(context).toArray() == output(RunContext()).toArray())
    #expect(try error(changed, output(RunContext())) > 1e-3)
  }

  @Test func interruptionStopsBetweenBlocks() throws {
    struct Stop: Error {}
    defer { Compute.threads = 0 }
    Compute.threads = 1  // rows on other threads do not ask (RowTests)
    nonisolated(unsafe) var calls = 0
    let interruption = Interruption {
      calls += 1
      if calls == 3 { throw Stop() }
    }
    Interruption.$current.withValue(interruption) {
      #expect(throws: Stop.self) { _ = try output(RunContext()) }
    }
    #expect(calls == 3)
  }

  @Test func inputsThatDoNotFitAreNamed() throws {
    let wrong = try Tensor.zeros([2, 16, 16, 3])
    #expect(throws: PipelineError("the UNet takes samples {rows, H, W, 4}, got {2, 16, 16, 3}")) {
      try unet(wrong, timestep: 1, embedding: embedding, context: RunContext())
    }
    let narrow = try Tensor.zeros([2, 77, 31])
    #expect(throws: PipelineError("the UNet takes text embeddings {2, tokens, 32}, got {2, 77, 31}")) {
      try output(RunContext(), embedding: narrow)
    }
  }

  /// Sizes that do not halve evenly: every map on the way up is cut to its partner on the way down.
  @Test func oddSizesPass() throws {
    let odd = try sample.narrowed(1, start: 0, length: 13).narrowed(2, start: 0, length: 7).contiguous()
    #expect(try unet(odd, timestep: 5, embedding: embedding, context: RunContext()).shape == [2, 13, 7, 4])
  }

  @Test func textEncoderLayersAreSites() throws {
    let checkpoint = try Checkpoint(directory: Goldens.path("tiny-sd1"))
    let encoder = try checkpoint.textEncoder()
    let ids = [try checkpoint.tokenizer().tokenize("a cat").ids]
    var names: [String] = []
    let context = try hook("text_encoder.**") { value, site in
      names.append(site.name)
      return try value.clone()
    }
    #expect(try error(encoder(ids: ids, context: context), encoder(ids: ids, context: RunContext())) < 1e-5)
    #expect(
      names.contains("text_encoder.layers.1") && names.contains("text_encoder.layers.0.self_attn.probs"))
    #expect(throws: PipelineError("token id 9999 is not in the vocabulary of 664")) {
      try encoder(ids: [[9999]], context: RunContext())
    }
  }
}
