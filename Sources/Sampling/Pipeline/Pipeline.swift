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
  /// Names a tensor of a component (`unet`, `vae`, `text_encoder`) that holds numbers that are not finite; nil if there is none.
  public var brokenWeight: ((_ component: String) -> String?)?
  /// Called with what the user should know of a picture that is decoded after its run.
  public var onWarning: ((String) -> Void)?
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

  // MARK: Text

  public func tokenize(_ text: String) throws -> Tokenization { try tokenizer.tokenize(text) }

  /// The embedding of a text, {tokens, d}.
  public func encode(_ text: String) throws -> Tensor { try encode(ids: tokenize(text).ids) }

  /// The embedding of a text of any length in chunks, with the weights of its brackets if they are to be read.
  ///
  /// - Returns: {tokens, d}
  public func encode(_ text: String, chunks: Bool, weights: Bool) throws -> Tensor {
    let tokens = try PromptTokens(
      text, tokenizer: tokenizer, style: PromptStyle(chunks: chunks, weighs: weights))
    return try tokens.embedding(textEncoder(ids: tokens.chunks, context: RunContext()))
  }

  /// The embedding of given tokens, {tokens, d}.
  public func encode(ids: [Int]) throws -> Tensor {
    guard !ids.isEmpty else { throw PipelineError("ids is empty") }
    if let stray = ids.first(where: { !(0..<tokenizer.vocabularySize).contains($0) }) {
      throw PipelineError("token id \(stray) is not in the vocabulary of \(tokenizer.vocabularySize)")
    }
    return try textEncoder(ids: [ids], context: RunContext()).selected(0, 0)
  }

  /// The embedding of relaxed token choices, {tokens, d}.
  ///
  /// - Parameter probabilities: {tokens, vocabulary}, as wide as the tokenizer's vocabulary or as the table of token vectors, which
  ///   may have rows to spare: how much of each token is at each position. One-hot rows give `encode(ids:)`.
  public func encode(soft probabilities: Tensor) throws -> Tensor {
    let encoder = try softEncoder()
    let table = try encoder.tokenTable()
    // Some tables have more rows than the tokenizer has tokens: nothing is ever looked up in them.
    let vocabulary = min(tokenizer.vocabularySize, table.shape[0])
    let columns = probabilities.rank == 2 ? probabilities.shape[1] : 0
    guard columns == vocabulary || columns == table.shape[0], probabilities.count > 0 else {
      throw PipelineError(
        "soft must be of shape {tokens, \(vocabulary)}, got \(Shape.text(probabilities.shape))")
    }
    return try encode(rows: probabilities.matmul(table.narrowed(0, start: 0, length: columns)))
  }

  /// The embedding of vectors in the place of tokens, {tokens, d}, before positions are added: {tokens, d}.
  public func encode(rows: Tensor) throws -> Tensor {
    let encoder = try softEncoder()
    guard rows.rank == 2, rows.count > 0 else {
      throw PipelineError(
        "rows must be of shape {tokens, \(encoder.embeddingWidth)}, got \(Shape.text(rows.shape))")
    }
    return try encoder.encode(rows.unsqueezed(0), context: RunContext()).squeezed(0)
  }

  private func softEncoder() throws -> any SoftTextEmbedder {
    guard let encoder = textEncoder as? any SoftTextEmbedder else {
      throw PipelineError("this model's text encoder takes ids only")
    }
    return encoder
  }

  // MARK: Noise and pictures

  /// The noise of a seed, {C, h, w}: PyTorch's numbers.
  public func noise(
    seed: UInt64, width: Int? = nil, height: Int? = nil, rng: String = "torch-cpu"
  ) throws -> Tensor {
    let size = try latentSize(width: width, height: height)
    var source = try NoiseSource(
      rng: rng, seeds: [seed], shape: [unet.sampleChannels, size.height, size.width])
    return try source.draw().selected(0, 0)
  }

  /// The picture of latents: {C, h, w} gives {height, width, 3}, a batch gives a batch. Not clamped.
  public func decode(_ latents: Tensor) throws -> Tensor {
    let batch = try checkedBatch(latents, "latents")
    let images = try (0..<batch.shape[0]).map { try decode(batch.selected(0, $0), context: RunContext()) }
    return latents.rank == 3 ? images[0] : try Tensor.stacked(images, dim: 0)
  }

  /// - Parameter latents: {C, h, w}
  func decode(_ latents: Tensor, context: RunContext) throws -> Tensor {
    let channelsLast = try latents.permuted([1, 2, 0]).unsqueezed(0).contiguous()
    let image = try codec?.decode(channelsLast, context: context) ?? channelsLast
    return try image.selected(0, 0).multiplying(0.5).adding(0.5)
  }

  /// The latents of a picture {height, width, 3} in [0, 1]: {C, h, w}, the mean of the codec's distribution.
  public func encodeImage(_ image: Tensor) throws -> Tensor {
    guard image.rank == 3, image.shape[2] == 3 else {
      throw PipelineError("image must be of shape {height, width, 3}, got \(Shape.text(image.shape))")
    }
    _ = try latentSize(width: image.shape[1], height: image.shape[0])
    let input = try image.multiplying(2).adding(-1).unsqueezed(0).contiguous()
    let latents = try codec?.encode(input, context: RunContext()) ?? input
    return try latents.selected(0, 0).permuted([2, 0, 1]).contiguous()
  }

  // MARK: One call of the model

  /// The model's own output for a noisy sample: one call, no guidance, no scheduler.
  ///
  /// - Parameters:
  ///   - latents: {C, h, w} or {rows, C, h, w}; in models for inpainting with the channels of the mask and the masked
  ///     picture after those of the sample
  ///   - embedding: {tokens, d} or {rows, tokens, d}
  ///   - rematerializes: keeps less for the gradient, and computes the UNet's blocks again for it; not where hooks listen
  /// - Returns: the output in the shape of the sample, and the trace if one was asked for.
  public func denoise(
    _ latents: Tensor, timestep: Double, embedding: Tensor, hooks: [Hook] = [],
    trace options: TraceOptions? = nil, rematerializes: Bool = false
  ) throws -> (prediction: Tensor, trace: Trace?) {
    let last = try schedulerConfig.int("num_train_timesteps", default: 1000) - 1
    guard timestep >= 0, timestep <= Double(last) else {
      throw PipelineError("timestep must be between 0 and \(last), the last of the training, got \(timestep)")
    }
    let all = try checkedBatch(latents, "latents", channels: unet.sampleChannels + unet.conditionChannels)
    let batch = try all.narrowed(1, start: 0, length: unet.sampleChannels)
    let condition =
      unet.conditionChannels == 0
      ? nil : try all.narrowed(1, start: unet.sampleChannels, length: unet.conditionChannels)
    let count = batch.shape[0]
    let conditioning = try Conditioning(
      [embedding], name: "embedding", width: unet.embeddingWidth, samples: count, steps: 1)
    let trace = options.map {
      Trace(options: $0, samples: count, latentHeight: batch.shape[2], latentWidth: batch.shape[3])
    }
    var check = SiteCheck()
    check.add(unet.sites())
    check.leaveOut(textEncoder.sites, because: "denoise calls the noise predictor alone")
    if let codec {
      check.leaveOut(codec.encoderSites, because: "denoise calls the noise predictor alone")
      check.leaveOut(codec.decoderSites, because: "denoise calls the noise predictor alone")
    }
    try check.check(hooks)
    if let options {
      try check.check(options)
      guard !options.unconditional else {
        throw PipelineError("uncond of the trace needs guidance, and denoise has none")
      }
    }
    let context = RunContext(hooks: hooks, trace: trace)
    context.rematerializes = rematerializes
    context.step = 1
    context.timestep = timestep
    let prediction = try predict(
      batch, condition: condition, timestep: timestep, conditional: conditioning, unconditional: nil,
      guidance: Guidance(weight: 1),
      context: context)
    return (latents.rank == 3 ? try prediction.selected(0, 0) : prediction, trace)
  }

  // MARK: Checks

  /// The size of latents for a size in pixels; the model's own where nothing is given.
  func latentSize(width: Int?, height: Int?) throws -> (height: Int, width: Int) {
    func latent(_ pixels: Int?, _ name: String, _ own: Int) throws -> Int {
      guard let pixels else { return own }
      guard pixels > 0, pixels <= 1 << 16, pixels % factor == 0 else {
        throw PipelineError("\(name) must be a positive multiple of \(factor), got \(pixels)")
      }
      return pixels / factor
    }
    return try (
      latent(height, "height", unet.sampleSize.height), latent(width, "width", unet.sampleSize.width)
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
  func checkedBatch(_ latents: Tensor, _ name: String, channels: Int? = nil) throws -> Tensor {
    let (shape, channels) = (latents.shape, channels ?? unet.sampleChannels)
    guard shape.count == 3 || shape.count == 4, !shape.contains(0), shape[shape.count - 3] == channels else {
      throw PipelineError(
        "\(name) must be of shape {\(channels), h, w} or {n, \(channels), h, w}, "
          + "got \(Shape.text(shape))")
    }
    return shape.count == 3 ? try latents.unsqueezed(0) : latents
  }
}
