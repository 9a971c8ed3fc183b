import Models
import Tensor
import Testing

@testable import Sampling

/// What a model is told of texts, beside their tokens.
@Suite struct TextConditioningTests {
  /// The sample scaled, plus the pooled text and the sizes, plus the tokens' mean; as many channels again as a variance.
  final class TellingUNet: NoisePredictor {
    let sampleChannels = 2
    let outputChannels = 4
    let sampleSize = (height: 2, width: 2)
    let embeddingWidth = 3
    let pooledWidth: Int? = 2
    let sizeCount = 6
    private(set) var seen: [TextConditioning] = []

    func sites() -> SiteList { SiteList() }

    func callAsFunction(
      _ sample: Tensor, timestep: Double, text: TextConditioning, context: RunContext
    ) throws -> Tensor {
      seen.append(text)
      let rows = sample.shape[0]
      guard let pooled = text.pooled, let sizes = text.extra[TextConditioning.sizes] else {
        throw PipelineError("told too little")
      }
      let told = try pooled.adding(text.tokens.mean(dims: [1, 2]).reshaped([rows, 1]))
        .adding(sizes.sum(dim: 1).reshaped([rows, 1]).multiplying(1e-3)).reshaped([rows, 1, 1, 2])
      let prediction = try sample.multiplying(0.5).adding(told)
      return try .concatenated([prediction, .full(prediction.shape, .nan)], dim: 3)
    }
  }

  /// A text of k letters is k times one; pooled counts the letters. No token begins a text.
  struct CountingEncoder: TextEmbedder {
    let embeddingWidth = 3
    func sites() -> SiteList { SiteList() }
    func callAsFunction(ids: [[Int]], context: RunContext) throws -> Tensor {
      try conditioning(ids: ids, context: context).tokens
    }
    func conditioning(ids: [[Int]], context: RunContext) throws -> TextConditioning {
      let values: [Float] = ids.flatMap { row in row.flatMap { [Float($0), 1, -1] as [Float] } }
      let counts: [Float] = ids.flatMap { row in [Float(row.filter { $0 > 1 }.count), 1] as [Float] }
      return TextConditioning(
        tokens: try Tensor(values, shape: [ids.count, ids[0].count, 3]),
        pooled: try Tensor(counts, shape: [ids.count, 2]))
    }
  }

  struct BareTokenizer: TextTokenizer {
    let vocabularySize = 128
    let maximumLength = 5
    let begin: Int? = nil
    let end = 1
    let pad = 0
    func contentTokens(of text: String) throws -> [Token] {
      text.utf8.enumerated().map { Token(id: Int($1), text: String($1), word: 1, position: $0) }
    }
    func tokenize(_ text: String) throws -> Tokenization {
      let content = try contentTokens(of: text).prefix(4)
      let ids = content.map(\.id) + [end]
      return Tokenization(
        tokens: Array(content), ids: ids + Array(repeating: pad, count: maximumLength - ids.count))
    }
    func detokenize(_ ids: [Int]) throws -> String { "" }
  }

  private let unet = TellingUNet()

  private func pipeline() -> Pipeline {
    let pipeline = Pipeline(
      unet: unet, textEncoder: CountingEncoder(), tokenizer: BareTokenizer(), codec: nil,
      schedulerConfig: SchedulerConfig(
        ["_class_name": "DDIMScheduler", "clip_sample": false], file: "toy", className: nil))
    pipeline.defaultSteps = 3
    return pipeline
  }

  private func refusal(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "none"
    } catch { return "\(error)" }
  }

  @Test func everyPartReachesTheModelAndTheVarianceIsCut() throws {
    let pipeline = pipeline()
    var request = GenerateRequest(prompt: .texts(["ab", "abc"]))
    let out = try pipeline.generate(request)
    #expect(out.latents.shape == [2, 2, 2, 2])
    #expect(try out.latents.sum().item().isFinite)
    let seen = try #require(unet.seen.first)
    // unconditional rows first: an empty text has no letters
    #expect(seen.pooled?.toArray() == [0, 1, 0, 1, 2, 1, 3, 1])
    #expect(seen.extra[TextConditioning.sizes]?.shape == [4, 6])
    #expect(
      try seen.extra[TextConditioning.sizes]?.selected(0, 3).toArray() == [2, 2, 0, 0, 2, 2])
    // laid one after the other once, not in every step
    #expect(unet.seen.count == 3)
    for later in unet.seen { #expect(later.tokens.identity == seen.tokens.identity) }

    request.sizes = PictureSizes()
    request.sizes?.original = (64, 32)
    request.sizes?.crop = (3, 4)
    _ = try pipeline.generate(request)
    #expect(
      try unet.seen.last?.extra[TextConditioning.sizes]?.selected(0, 0).toArray() == [64, 32, 3, 4, 2, 2])
  }

  @Test func anAbsentNegativeIsWhatTheFamilySays() throws {
    let pipeline = pipeline()
    pipeline.zerosAbsentNegative = true
    var request = GenerateRequest(prompt: "ab")
    request.steps = 1
    _ = try pipeline.generate(request)
    #expect(unet.seen.last?.pooled?.toArray() == [0, 0, 2, 1])
    #expect(try unet.seen.last?.tokens.selected(0, 0).abs().sum().item() == 0)
    request.negative = .texts([""])
    _ = try pipeline.generate(request)
    #expect(unet.seen.last?.pooled?.toArray() == [0, 1, 2, 1])
    #expect(try unet.seen.last?.tokens.selected(0, 0).abs().sum().item() ?? 0 > 0)
  }

  @Test func textsNeedNoBeginning() throws {
    let tokens = try PromptTokens(
      "abcdefg", tokenizer: BareTokenizer(), style: PromptStyle(chunks: true, weighs: false))
    #expect(tokens.chunks == [[97, 98, 99, 100, 1], [101, 102, 103, 1, 0]])
    let positions = tokens.tokenization.tokens.map(\.position)
    #expect(positions == Array(0..<9))
  }

  @Test func embeddingsBringTheirPooledText() throws {
    let pipeline = pipeline()
    let text = try pipeline.conditioning("ab")
    var plain = GenerateRequest(prompt: .embedding(text.tokens))
    plain.negative = .texts([""])
    plain.steps = 2
    #expect(refusal { _ = try pipeline.generate(plain) }.contains("also takes the pooled text: give pooled"))
    let pooled = try #require(text.pooled)
    plain.pooled = [pooled]
    var same = GenerateRequest(prompt: "ab")
    (same.negative, same.steps) = (.texts([""]), 2)
    let (own, given) = (try pipeline.generate(same), try pipeline.generate(plain))
    #expect(own.latents.toArray() == given.latents.toArray())
    plain.pooled = [try .zeros([3])]
    #expect(refusal { _ = try pipeline.generate(plain) }.contains("pooled must be of shape {2}"))
    plain.pooled = [pooled, try pooled.multiplying(2)]
    _ = try pipeline.generate(plain)
    #expect(unet.seen.suffix(2).map { $0.pooled?.toArray().suffix(2) } == [[2, 1], [4, 2]])
    plain.pooled = [pooled]
    plain.onStep = { if $0.index == 2 { $0.pooled = try pooled.multiplying(3) } }
    _ = try pipeline.generate(plain)
    #expect(unet.seen.suffix(2).map { $0.pooled?.toArray().suffix(2) } == [[2, 1], [6, 3]])
    same.pooled = [pooled]
    #expect(refusal { _ = try pipeline.generate(same) } == "pooled goes only together with embedding")
  }

  @Test func gradientsReachEveryPart() throws {
    let pipeline = pipeline()
    let text = try pipeline.conditioning("ab")
    let tokens = try text.tokens.clone().requiringGradient()
    let pooled = try #require(text.pooled).clone().requiringGradient()
    var request = GenerateRequest(prompt: .embedding(tokens))
    request.pooled = [pooled]
    (request.steps, request.gradientSteps) = (3, 2)
    let loss = try pipeline.generate(request).latents.sum()
    let gradients = try loss.gradients(of: [tokens, pooled])
    // The model is linear: what one part of the pooled text does, per mean token.
    let shift = gradients[1].toArray()
    let each = gradients[0].toArray()
    #expect(abs(shift[0]) > 1e-3 && abs(shift[0] - shift[1]) < 1e-5)
    for value in each { #expect(abs(value - 2 * shift[0] / Float(each.count)) < 1e-5) }
  }

  @Test func writingIntoATextIsNoticed() throws {
    let text = TextConditioning(tokens: try .zeros([1, 2, 3]), pooled: try .zeros([1, 2]))
    let before = text.parts.map(\.identity)
    #expect(text.detached.parts.map(\.identity) == before)
    try text.pooled?.add_(1)
    #expect(text.parts.map(\.identity) != before)
    #expect(try text.rows(0..<1).tokens.identity == text.tokens.identity)
  }
}
