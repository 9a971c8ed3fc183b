import Models
import Sampling
import Tensor

/// A model that is small enough to reason about and instruments itself as the real one does: one cross-attention,
/// one self-attention, no weights.
final class ToyUNet: NoisePredictor {
  let sampleChannels = 4
  let sampleSize: (height: Int, width: Int)
  let embeddingWidth = 4
  var patchSize = 1
  /// Rows of each call.
  private(set) var calls: [Int] = []

  private let cross = AttentionSite("unet.up_blocks.1.attentions.0.attn2", kind: .cross)
  private let own = AttentionSite("unet.up_blocks.1.attentions.0.attn1", kind: .selfAttention)

  private let middle = AttentionSite("unet.mid_block.attentions.0.attn2", kind: .cross)
  private let hasMiddle: Bool

  /// - Parameter hasMiddle: attend once more on a map of half the height.
  init(height: Int = 2, width: Int = 3, hasMiddle: Bool = false) {
    sampleSize = (height, width)
    self.hasMiddle = hasMiddle
  }

  func sites() -> SiteList {
    var sites = SiteList()
    sites.add(own)
    sites.add(cross)
    if hasMiddle { sites.add(middle) }
    sites.add(map: "unet.out", .prediction)
    return sites
  }

  func callAsFunction(
    _ sample: Tensor, timestep: Double, text: TextConditioning, context: RunContext
  ) throws -> Tensor {
    let embedding = text.tokens
    let (rows, height, width) = (sample.shape[0], sample.shape[1], sample.shape[2])
    calls.append(rows)
    try Interruption.check()
    let x = try sample.reshaped([rows, height * width, 4])
    var mixed = try x.multiplying(0.6)
    if height * width < 100 {
      let attended = try context.attention(
        own, query: x, key: x, value: x, heads: 2, scale: 0.7, height: height, width: width)
      mixed = try mixed.adding(attended.multiplying(0.2))
    }
    let b = try context.attention(
      cross, query: x, key: embedding, value: embedding, heads: 2, scale: 0.7, height: height, width: width)
    if hasMiddle {
      let half = try x.narrowed(1, start: 0, length: height * width / 2).contiguous()
      _ = try context.attention(
        middle, query: half, key: embedding, value: embedding, heads: 4, scale: 0.7, height: height / 2,
        width: width)
    }
    let seen = try context.visit(cross.output, b, height: height, width: width)
    mixed = try mixed.adding(seen.multiplying(0.3))
    let out = try mixed.multiplying(Float(1 - timestep / 5000)).reshaped([rows, height, width, 4])
    return try context.visitMap("unet.out", out)
  }
}

/// Every character is a token; token `c` of a text has the embedding of its code point.
struct ToyTokenizer: TextTokenizer {
  let vocabularySize = 128
  let maximumLength = 6

  func tokenize(_ text: String) throws -> Tokenization {
    let ids = text.unicodeScalars.map { min(Int($0.value), 125) }
    let kept = ids.prefix(maximumLength - 2)
    let all = [126] + kept + [127]
    let tokens = all.enumerated().map { position, id in
      Token(
        id: id, text: id < 126 ? String(UnicodeScalar(UInt8(id))) : "", word: id < 126 ? 1 : nil,
        position: position)
    }
    return Tokenization(
      tokens: tokens, ids: all + Array(repeating: 127, count: maximumLength - all.count),
      truncated: ids.count > kept.count ? String(text.dropFirst(kept.count)) : nil)
  }

  let begin: Int? = 126
  let end = 127
  let pad = 127

  /// Every run of letters is a word.
  func contentTokens(of text: String) throws -> [Token] {
    text.unicodeScalars.enumerated().map { position, scalar in
      Token(id: min(Int(scalar.value), 125), text: String(scalar), word: 1, position: position)
    }
  }

  func detokenize(_ ids: [Int]) throws -> String { "" }
}

final class ToyTextEncoder: TextEmbedder {
  let embeddingWidth = 4
  var patchSize = 1
  /// Texts of each call.
  private(set) var calls: [Int] = []

  func sites() -> SiteList {
    var sites = SiteList()
    sites.add("text_encoder.layers.0", .output, .sequence(.tokens))
    return sites
  }

  func callAsFunction(ids: [[Int]], context: RunContext) throws -> Tensor {
    calls.append(ids.count)
    var values: [Float] = []
    for row in ids {
      for (position, id) in row.enumerated() {
        for channel in 0..<4 { values.append(Float((id * (2 * channel + 3) + position) % 17) / 8 - 1) }
      }
    }
    let hidden = try Tensor(values, shape: [ids.count, ids[0].count, 4])
    return try context.visit("text_encoder.layers.0", hidden)
  }
}

/// Two pixels per latent; a picture is the first three channels, repeated.
struct ToyCodec: ImageCodec {
  let factor = 2
  let latentChannels = 4

  func encoderSites() throws -> SiteList { SiteList() }
  func decoderSites() throws -> SiteList {
    var sites = SiteList()
    sites.add(map: "vae.decoder")
    return sites
  }

  func encode(_ image: Tensor, context: RunContext) throws -> Tensor {
    let (rows, height, width) = (image.shape[0], image.shape[1] / 2, image.shape[2] / 2)
    let corner = try image.reshaped([rows, height, 2, width, 2, 3]).selected(4, 0).selected(2, 0)
    return try Tensor.concatenated([corner, Tensor.zeros([rows, height, width, 1])], dim: 3)
  }

  func decode(_ latents: Tensor, context: RunContext) throws -> Tensor {
    let (rows, height, width) = (latents.shape[0], latents.shape[1], latents.shape[2])
    let colours = try context.visitMap("vae.decoder", latents).narrowed(3, start: 0, length: 3)
    return try colours.unsqueezed(3).unsqueezed(2).expanded([rows, height, 2, width, 2, 3]).contiguous()
      .reshaped([rows, 2 * height, 2 * width, 3])
  }
}

struct Toy {
  let unet: ToyUNet
  let textEncoder = ToyTextEncoder()
  let pipeline: Pipeline

  init(height: Int = 2, width: Int = 3, hasMiddle: Bool = false, codec: (any ImageCodec)? = ToyCodec()) {
    unet = ToyUNet(height: height, width: width, hasMiddle: hasMiddle)
    pipeline = Pipeline(
      unet: unet, textEncoder: textEncoder, tokenizer: ToyTokenizer(), codec: codec,
      schedulerConfig: SchedulerConfig())
    pipeline.defaultSteps = 4
  }

  func generate(_ prompt: String = "cat", _ change: (inout GenerateRequest) throws -> Void = { _ in }) throws
    -> GenerateResult
  {
    var request = GenerateRequest(prompt: prompt)
    try change(&request)
    return try pipeline.generate(request)
  }

  /// The message with which a request is refused; empty if it is not.
  func refusal(_ change: (inout GenerateRequest) throws -> Void) -> String {
    do {
      _ = try generate("cat", change)
      return ""
    } catch { return "\(error)" }
  }
}

/// The largest difference of two tensors relative to the largest value; infinite if the shapes differ.
func difference(_ a: Tensor, _ b: Tensor) -> Float {
  guard a.shape == b.shape else { return .infinity }
  let (x, y) = (a.toArray(), b.toArray())
  let scale = y.map { abs($0) }.max() ?? 1
  return (zip(x, y).map { abs($0 - $1) }.max() ?? 0) / max(scale, 1e-12)
}
