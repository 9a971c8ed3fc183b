import Models
import Tensor

/// A text-to-image model ready for use: text encoder, noise predictor, scheduler settings and, if it works on
/// latents, the codec of its pictures.
///
/// Latents are {C, h, w} and {rows, C, h, w} as in diffusers, pictures {height, width, 3} in [0, 1].
public final class Pipeline {
  public let unet: any NoisePredictor
  public let textEncoder: any TextEmbedder
  public let tokenizer: any TextTokenizer
  /// nil for a model that works on pixels.
  public let codec: (any ImageCodec)?
  public let schedulerConfig: SchedulerConfig

  /// What a request that does not say gets.
  public var defaultSteps = 50
  public var defaultGuidance = 7.5
  /// Whether a prompt without a negative one is held against zeros, instead of against an empty text.
  public var zerosAbsentNegative = false
  /// Whether `strength` of a run from a picture shortens the schedule, all of whose steps are then taken, instead of
  /// leaving out its first steps (Luo et al. 2023).
  public var shortensSchedule = false
  /// Names a tensor of a component (`unet`, `vae`, `text_encoder`) that holds numbers that are not finite; nil if there is none.
  public var brokenWeight: ((_ component: String) -> String?)?
  /// Called with what the user should know of a picture that is decoded after its run.
  public var onWarning: ((Complaint) -> Void)?
  /// Called after each step with the number of steps done and the number to be done.
  public var onProgress: ((_ done: Int, _ of: Int) -> Void)?

  public init(
    unet: any NoisePredictor, textEncoder: any TextEmbedder, tokenizer: any TextTokenizer,
    codec: (any ImageCodec)?, schedulerConfig: SchedulerConfig
  ) {
    self.unet = unet
    self.textEncoder = textEncoder
    self.tokenizer = tokenizer
    self.codec = codec
    self.schedulerConfig = schedulerConfig
  }

  /// Pixels per latent in each direction.
  public var factor: Int { codec?.factor ?? 1 }

  /// The sides of pictures are multiples of so many pixels.
  public var sizeStep: Int { factor * unet.patchSize }

  // MARK: Text

  public func tokenize(_ text: String) throws -> Tokenization { try tokenizer.tokenize(text) }

  /// The embedding of a text, {tokens, d}.
  public func encode(_ text: String, hooks: [Hook] = []) throws -> Tensor {
    try conditioning(text, hooks: hooks).tokens
  }

  /// Everything that the model is told of a text: tokens {n, d}, pooled {p}.
  ///
  /// - Parameters:
  ///   - chunks: whether a text of any length is encoded, in pieces
  ///   - weights: whether its brackets weigh words
  public func conditioning(
    _ text: String, chunks: Bool = false, weights: Bool = false, hooks: [Hook] = []
  ) throws -> TextConditioning {
    let tokens = try PromptTokens(
      text, tokenizer: tokenizer, style: PromptStyle(chunks: chunks, weighs: weights))
    let encoded = try textEncoder.conditioning(
      ids: tokens.chunks, context: textContext(hooks, chunks: tokens.chunks.count))
    var one = try encoded.map { try $0.selected(0, 0) }
    one.tokens = try tokens.embedding(encoded.tokens)
    return one
  }

  /// The embedding of a text of any length in chunks, with the weights of its brackets if they are to be read.
  ///
  /// - Returns: {tokens, d}
  public func encode(_ text: String, chunks: Bool, weights: Bool, hooks: [Hook] = []) throws -> Tensor {
    try conditioning(text, chunks: chunks, weights: weights, hooks: hooks).tokens
  }

  /// The embedding of given tokens, {tokens, d}.
  public func encode(ids: [Int], hooks: [Hook] = []) throws -> Tensor {
    try conditioning(ids: ids, hooks: hooks).tokens
  }

  /// Everything that the model is told of given tokens: tokens {n, d}, pooled {p}.
  public func conditioning(ids: [Int], hooks: [Hook] = []) throws -> TextConditioning {
    guard !ids.isEmpty else { throw PipelineError("\(.ids) is empty") }
    if let stray = ids.first(where: { !(0..<tokenizer.vocabularySize).contains($0) }) {
      throw PipelineError("token id \(stray) is not in the vocabulary of \(tokenizer.vocabularySize)")
    }
    return try textEncoder.conditioning(ids: [ids], context: textContext(hooks)).map { try $0.selected(0, 0) }
  }

  /// The embedding of relaxed token choices, {tokens, d}.
  ///
  /// - Parameter probabilities: {tokens, vocabulary}, as wide as the tokenizer's vocabulary or as the table of token vectors, which
  ///   may have rows to spare: how much of each token is at each position. One-hot rows give `encode(ids:)`.
  public func encode(soft probabilities: Tensor, hooks: [Hook] = []) throws -> Tensor {
    try conditioning(soft: probabilities, hooks: hooks).tokens
  }

  /// Everything that the model is told of relaxed token choices.
  public func conditioning(soft probabilities: Tensor, hooks: [Hook] = []) throws -> TextConditioning {
    let encoder = try softEncoder()
    let table = try encoder.tokenTable()
    // Some tables have more rows than the tokenizer has tokens: nothing is ever looked up in them.
    let vocabulary = min(tokenizer.vocabularySize, table.shape[0])
    let columns = probabilities.rank == 2 ? probabilities.shape[1] : 0
    guard columns == vocabulary || columns == table.shape[0], probabilities.count > 0 else {
      throw PipelineError(
        "\(.soft) must be of shape {tokens, \(vocabulary)}, got \(Shape.text(probabilities.shape))")
    }
    return try conditioning(
      rows: probabilities.matmul(table.narrowed(0, start: 0, length: columns)), hooks: hooks)
  }

  /// The embedding of vectors in the place of tokens, {tokens, d}, before positions are added: {tokens, d}.
  public func encode(rows: Tensor, hooks: [Hook] = []) throws -> Tensor {
    try conditioning(rows: rows, hooks: hooks).tokens
  }

  /// Everything that the model is told of vectors in the place of tokens.
  public func conditioning(rows: Tensor, hooks: [Hook] = []) throws -> TextConditioning {
    let encoder = try softEncoder()
    guard rows.rank == 2, rows.count > 0 else {
      throw PipelineError(
        "rows must be of shape {tokens, \(encoder.embeddingWidth)}, got \(Shape.text(rows.shape))")
    }
    return try encoder.conditioning(rows.unsqueezed(0), context: textContext(hooks)).map {
      try $0.selected(0, 0)
    }
  }

  private func softEncoder() throws -> any SoftTextEmbedder {
    guard let encoder = textEncoder as? any SoftTextEmbedder else {
      throw PipelineError("this model's text encoder takes ids only")
    }
    return encoder
  }

  // MARK: Noise and pictures

  /// The noise of a seed, {C, h, w}: PyTorch's numbers.
  ///
  /// - Parameter draw: which of the seed's: the first starts a run, the others go to its steps
  public func noise(
    seed: UInt64, draw: Int = 1, width: Int? = nil, height: Int? = nil, rng: String = "torch-cpu"
  ) throws -> Tensor {
    let size = try latentSize(width: width, height: height)
    var source = try NoiseSource(
      rng: rng, seeds: [seed], shape: [unet.sampleChannels, size.height, size.width])
    try source.skip(draw - 1)
    return try source.draw().selected(0, 0)
  }

  /// The picture of latents: {C, h, w} gives {height, width, 3}, a batch gives a batch. Not clamped.
  public func decode(_ latents: Tensor, hooks: [Hook] = []) throws -> Tensor {
    let batch = try checkedBatch(latents, "latents")
    let context = try codecContext(
      hooks, codec?.decoderSites, input: .latents, "latents are decoded by the VAE's decoder alone")
    let images = try (0..<batch.shape[0]).map { sample in
      context.rows = [Row(sample: sample, isConditional: true)]
      return try decode(batch.selected(0, sample), context: context)
    }
    return latents.rank == 3 ? images[0] : try Tensor.stacked(images, dim: 0)
  }

  /// - Parameter latents: {C, h, w}
  func decode(_ latents: Tensor, context: RunContext) throws -> Tensor {
    let channelsLast = try latents.permuted([1, 2, 0]).unsqueezed(0).contiguous()
    let image = try codec?.decode(channelsLast, context: context) ?? channelsLast
    return try image.selected(0, 0).multiplying(0.5).adding(0.5)
  }

  /// The latents of a picture {height, width, 3} in [0, 1]: {C, h, w}, the mean of the codec's distribution.
  public func encodeImage(_ image: Tensor, hooks: [Hook] = []) throws -> Tensor {
    guard image.rank == 3, image.shape[2] == 3 else {
      throw PipelineError("\(.image) must be of shape {height, width, 3}, got \(Shape.text(image.shape))")
    }
    _ = try latentSize(width: image.shape[1], height: image.shape[0])
    let input = try image.multiplying(2).adding(-1).unsqueezed(0).contiguous()
    let context = try codecContext(
      hooks, codec?.encoderSites, input: .image, "a picture is encoded by the VAE's encoder alone")
    let latents = try codec?.encode(input, context: context) ?? input
    return try latents.selected(0, 0).permuted([2, 0, 1]).contiguous()
  }

  // MARK: One call of the model

  /// The model's own output for a noisy sample: one call, no guidance, no scheduler.
  ///
  /// - Parameters:
  ///   - latents: {C, h, w} or {rows, C, h, w}; in models for inpainting with the channels of the mask and the masked
  ///     picture after those of the sample
  ///   - embedding: {tokens, d} or {rows, tokens, d}
  ///   - pooled: {p} or {rows, p}, in models that take the pooled text
  ///   - sizes: in models that are told of them
  ///   - guidance: its weight, in models that are told of it
  ///   - rematerializes: keeps less for the gradient, and computes the UNet's blocks again for it; not where hooks listen
  /// - Returns: the output in the shape of the sample, and the trace if one was asked for.
  public func denoise(
    _ latents: Tensor, timestep: Double, embedding: Tensor, pooled: Tensor? = nil,
    sizes: PictureSizes? = nil, guidance: Double? = nil, hooks: [Hook] = [],
    trace options: TraceOptions? = nil, rematerializes: Bool = false
  ) throws -> (prediction: Tensor, trace: Trace?) {
    let last = try schedulerConfig.int("num_train_timesteps", default: 1000) - 1
    // Models that were trained as Karras et al. (2022) do are told the logarithm of the noise.
    let isLevel = schedulerConfig.className?.hasPrefix("EDM") == true && timestep.isFinite
    guard isLevel || (timestep >= 0 && timestep <= Double(last)) else {
      throw PipelineError(
        "\(.timestep) must be between 0 and \(last), the last of the training, got \(timestep)")
    }
    let all = try checkedBatch(latents, "\(.latents)", channels: unet.sampleChannels + unet.conditionChannels)
    let batch = try all.narrowed(1, start: 0, length: unet.sampleChannels)
    let condition =
      unet.conditionChannels == 0
      ? nil : try all.narrowed(1, start: unet.sampleChannels, length: unet.conditionChannels)
    let count = batch.shape[0]
    var known = TextConditioning(tokens: embedding, pooled: pooled)
    if let sizes = try sizeNumbers(sizes, latents: (batch.shape[2], batch.shape[3])) {
      known.extra[TextConditioning.sizes] = sizes
    }
    known.extra[TextConditioning.guidance] = try guidanceNumber(guidance)
    let conditioning = try Conditioning(
      [known], setting: .embedding, shape: Conditioning.TextShape(unet), samples: count, steps: 1)
    let trace = options.map {
      Trace(options: $0, samples: count, latentHeight: batch.shape[2], latentWidth: batch.shape[3])
    }
    let check = siteCheck(unet.sites(), "denoise calls the noise predictor alone")
    try check.check(hooks)
    if let options {
      try check.check(options)
      guard !options.unconditional else {
        throw PipelineError("\(.unconditional) of the trace needs \(.guidance), and denoise has none")
      }
    }
    let context = RunContext(hooks: hooks, trace: trace)
    context.rematerializes = rematerializes
    context.step = 1
    context.timestep = timestep
    let prediction = try predict(
      batch, condition: condition, timestep: timestep, text: GuidedText(conditioning, nil),
      guidance: Guidance(weight: 1), context: context)
    return (latents.rank == 3 ? try prediction.selected(0, 0) : prediction, trace)
  }

  // MARK: Checks

  /// The numbers on the picture's size that the model takes, {count}; nil if it takes none.
  func sizeNumbers(_ sizes: PictureSizes?, latents: (height: Int, width: Int)) throws -> Tensor? {
    guard unet.sizeCount > 0 else {
      if sizes != nil { throw PipelineError("\(.size) has no place in this model: it is not told of sizes") }
      return nil
    }
    let numbers = (sizes ?? PictureSizes()).numbers(
      height: latents.height * factor, width: latents.width * factor)
    guard numbers.count == unet.sizeCount else {
      throw PipelineError("the model takes \(unet.sizeCount) numbers on sizes, not \(numbers.count)")
    }
    return try Tensor(numbers, shape: [numbers.count])
  }

  /// The weight of guidance for a model that is told of it, {1}; nil for others.
  ///
  /// - Throws: `PipelineError` if a model that wants one was given none, or another one was given one.
  func guidanceNumber(_ guidance: Double?) throws -> Tensor? {
    guard unet.takesGuidance else {
      if guidance != nil {
        throw PipelineError("\(.guidance) has no place in one call of this model: it is not told of it")
      }
      return nil
    }
    guard let guidance, guidance.isFinite else {
      throw PipelineError("\(.guidance) is missing: this model is told its weight, a finite number")
    }
    return try Tensor([Float(guidance)], shape: [1])
  }

  /// The size of latents for a size in pixels; the model's own where nothing is given.
  func latentSize(width: Int?, height: Int?) throws -> (height: Int, width: Int) {
    func latent(_ pixels: Int?, _ side: Setting, _ own: Int) throws -> Int {
      guard let pixels else { return own }
      guard pixels <= 1 << 16 else {
        throw PipelineError("\(side) must be at most \(1 << 16), got \(pixels)")
      }
      guard pixels > 0, pixels % sizeStep == 0 else {
        throw PipelineError("\(side) must be a positive multiple of \(sizeStep), got \(pixels)")
      }
      return pixels / factor
    }
    return try (
      latent(height, .height, unet.sampleSize.height), latent(width, .width, unet.sampleSize.width)
    )
  }

  /// Pictures {n, height, width, 3} in [0, 1] as draws from the distributions of their latents, {pictures, C, h, w}.
  ///
  /// - Parameter noise: unit normal, {pictures, C, h, w}
  func encode(_ images: Tensor, sampling noise: Tensor, context: RunContext) throws -> Tensor {
    let input = try images.multiplying(2).adding(-1).contiguous()
    guard let codec else { return try input.permuted([0, 3, 1, 2]).expanded(noise.shape) }
    return try codec.encode(input, sampling: noise.permuted([0, 2, 3, 1]).contiguous(), context: context)
      .permuted([0, 3, 1, 2]).contiguous()
  }

  /// Latents as {rows, C, h, w}, checked against the model.
  func checkedBatch(_ latents: Tensor, _ what: Complaint, channels: Int? = nil) throws -> Tensor {
    let (shape, channels) = (latents.shape, channels ?? unet.sampleChannels)
    guard shape.count == 3 || shape.count == 4, !shape.contains(0), shape[shape.count - 3] == channels else {
      throw PipelineError(
        "\(what) must be of shape {\(channels), h, w} or {n, \(channels), h, w}, "
          + "got \(Shape.text(shape))")
    }
    guard shape.suffix(2).allSatisfy({ $0 % unet.patchSize == 0 }) else {
      throw PipelineError(
        "the last two sizes of \(what) must be multiples of \(unet.patchSize), got \(Shape.text(shape))")
    }
    return shape.count == 3 ? try latents.unsqueezed(0) : latents
  }
}
