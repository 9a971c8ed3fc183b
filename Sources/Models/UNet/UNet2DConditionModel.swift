import Neural
import Tensor

/// The UNet of Stable Diffusion: predicts from a noisy sample, a timestep and a text embedding (Ronneberger et al.
/// 2015; Rombach et al. 2022).
public final class UNet2DConditionModel: NoisePredictor {
  public let sampleChannels, outputChannels: Int
  public let conditionChannels: Int
  public let sampleSize: (height: Int, width: Int)
  public let embeddingWidth: Int

  /// Channels of the largest maps.
  private let firstChannels: Int
  private let timeEmbedding: TimestepEmbedding
  private let addition: AdditionEmbedding?
  public var pooledWidth: Int? { addition?.pooledWidth }
  public var sizeCount: Int { addition == nil ? 0 : AdditionEmbedding.sizeCount }
  public let takesGuidance: Bool
  private let timeBiases: TimeBiases
  private let input, output: Conv2d
  private let down: [UNetDownBlock]
  private let middle: UNetMiddleBlock?
  private let up: [UNetUpBlock]
  private let norm: GroupNorm
  private let activation: Activation
  private let timeSite, inputSite, normSite, outputSite: String

  /// - Parameter path: names the sites: `unet.down_blocks.0.resnets.0` …
  public init(_ scope: WeightScope, configuration: Configuration, path: String = "unet") throws {
    let model = try UNetConfiguration(configuration)
    let channels = model.down.map(\.channels)
    let first = channels[0]
    let time = TimeBiases.Builder(inputs: model.timeWidth)
    (timeSite, inputSite) = ("\(path).time_embedding", "\(path).conv_in")
    (normSite, outputSite) = ("\(path).conv_norm_out", "\(path).out")
    activation = model.style.activation
    outputChannels = model.outputs
    // As many channels again are a variance for each of the sample's.
    sampleChannels = model.outputs == 2 * model.inputs ? model.inputs : model.outputs
    conditionChannels = model.inputs - sampleChannels
    guard conditionChannels >= 0 else {
      throw configuration.fault("in_channels", "at least out_channels = \(model.outputs), or half of it")
    }
    sampleSize = model.sampleSize
    embeddingWidth = model.middle.embeddingWidth
    firstChannels = first
    guard (model.down + model.up).allSatisfy({ $0.embeddingWidth == model.middle.embeddingWidth }) else {
      throw configuration.fault("cross_attention_dim", "the same at all levels")
    }

    func sinusoids(_ channels: Int) -> Sinusoids {
      Sinusoids(channels: channels, cosineFirst: model.cosineFirst, shift: model.frequencyShift)
    }
    timeEmbedding = try TimestepEmbedding(
      scope["time_embedding"], width: model.timeWidth, sinusoids: sinusoids(first),
      guidanceWidth: model.guidanceWidth, activation: activation)
    takesGuidance = model.guidanceWidth != nil
    // Whatever act_fn says: the second vector's layers keep the class's own activation.
    addition = try model.addition.map {
      try AdditionEmbedding(
        scope["add_embedding"], inputs: $0.inputs, width: model.timeWidth, sinusoids: sinusoids($0.channels),
        activation: .silu)
    }
    input = try Conv2d(scope["conv_in"], inputs: model.inputs, outputs: first)

    /// Channels of the skip connections in the order in which they arise.
    var skips = [first]
    down = try model.down.enumerated().map { index, level in
      let isLast = index == model.down.count - 1
      skips += Array(repeating: level.channels, count: level.layers + (isLast ? 0 : 1))
      return try UNetDownBlock(
        scope["down_blocks", index], inputs: index == 0 ? first : channels[index - 1], level: level,
        isLast: isLast, model: model, time: time, path: "\(path).down_blocks.\(index)")
    }
    middle =
      model.hasMiddle
      ? try UNetMiddleBlock(scope["mid_block"], model: model, time: time, path: "\(path).mid_block") : nil
    var inputs = model.middle.channels
    up = try model.up.enumerated().map { index, level in
      defer { inputs = level.channels }
      let own = Array(skips.suffix(level.layers).reversed())
      skips.removeLast(min(level.layers, skips.count))
      return try UNetUpBlock(
        scope["up_blocks", index], inputs: inputs, skips: own, level: level,
        isLast: index == model.up.count - 1, model: model, time: time, path: "\(path).up_blocks.\(index)")
    }
    norm = try GroupNorm(
      scope["conv_norm_out"], channels: first, groups: model.style.groups, epsilon: model.style.epsilon)
    output = try Conv2d(scope["conv_out"], inputs: first, outputs: model.outputs)
    timeBiases = try time.finish(activation: activation)
  }

  public func sites() -> SiteList {
    var sites = SiteList()
    sites.add(timeSite, .timeEmbedding, .shared, width: timeEmbedding.width)
    sites.add(map: inputSite, width: firstChannels)
    down.forEach { $0.list(&sites) }
    middle?.list(&sites)
    up.forEach { $0.list(&sites) }
    sites.add(map: normSite, width: firstChannels, .norm)
    sites.add(map: outputSite, width: sampleChannels, .prediction)
    return sites
  }

  public func callAsFunction(
    _ sample: Tensor, timestep: Double, text: TextConditioning, context: RunContext
  ) throws -> Tensor {
    try check(sample, text.tokens)
    guard text.mask == nil else { throw PipelineError("the UNet looks at all tokens: it takes no mask") }
    let time = try context.visit(
      timeSite, timeEmbedding(timestep, guidance: text.extra[TextConditioning.guidance]))
    let biases = try timeBiases(addition.map { try time.adding($0(text)) } ?? time)
    guard rowsPassAlone(sample, text, context) else {
      return try rowSize(sample) * sample.shape[0] <= Self.tinyMap
        ? Compute.alone { try pass(sample, biases, text, context) }
        : pass(sample, biases, text, context)
    }
    try Interruption.check()  // other threads may take all rows, and do not ask
    let contexts = context.parts(sample.shape[0])
    let parts = try Compute.concurrently(contexts.count) { row in
      try pass(
        sample.narrowed(0, start: row, length: 1), Self.biases(biases, of: row), text.rows(row..<row + 1),
        contexts[row])
    }
    return try .concatenated(parts, dim: 0)
  }

  private static func biases(_ all: Tensor, of row: Int) throws -> Tensor {
    all.rank == 1 ? all : try all.selected(0, row)
  }

  /// Whether each row of a batch goes through the model by itself, as many at a time as there are threads.
  ///
  /// On small maps an operation takes less time than waking the thread that shall help with it. Large ones go together:
  /// operations fill all threads, and weights are read once. So do rows that hooks see, all of a value at once, and
  /// those of a tape, which one thread writes. It makes no difference to the numbers: where it would, on OpenBLAS, all
  /// rows go together.
  private func rowsPassAlone(_ sample: Tensor, _ text: TextConditioning, _ context: RunContext) -> Bool {
    let isOnTape = sample.requiresGradient || text.requiresGradient
    return sample.shape[0] > 1 && rowSize(sample) <= Self.smallMap && !isOnTape && !context.hasHooks
      && Compute.backend.rowsAreIndependent
  }

  /// Numbers in the largest map of one row.
  private func rowSize(_ sample: Tensor) -> Int { sample.shape[1] * sample.shape[2] * firstChannels }

  /// Measured (Docs/ARCHITECTURE.md, performance).
  private static let smallMap = 1 << 16

  /// Numbers in the largest map up to which one thread alone passes quicker than two together. Measured (ibid.).
  private static let tinyMap = 1 << 14

  private func pass(
    _ sample: Tensor, _ timeBiases: Tensor, _ text: TextConditioning, _ context: RunContext
  ) throws -> Tensor {
    context.conditioning.use(text)
    let step = UNetStep(timeBiases: timeBiases, text: text, context: context)
    var x = try context.visitMap(inputSite, input(sample))
    var skips = [x]
    for block in down {
      x = try step.through(block.callAsFunction, x, &skips)
      try Interruption.check()
    }
    if let middle { x = try step.through({ x, _, step in try middle(x, step) }, x, &skips) }
    for block in up {
      try Interruption.check()
      x = try step.through(block.callAsFunction, x, &skips)
    }
    return try context.visitMap(outputSite, output(context.norm(normSite, norm, x, activation)))
  }

  private func check(_ sample: Tensor, _ embedding: Tensor) throws {
    let channels = sampleChannels + conditionChannels
    guard sample.rank == 4, sample.shape[3] == channels else {
      throw PipelineError(
        "the UNet takes samples {rows, H, W, \(channels)}, got \(Shape.text(sample.shape))")
    }
    guard embedding.rank == 3, embedding.shape[0] == sample.shape[0], embedding.shape[2] == embeddingWidth
    else {
      throw PipelineError(
        "the UNet takes text embeddings {\(sample.shape[0]), tokens, \(embeddingWidth)}, "
          + "got \(Shape.text(embedding.shape))")
    }
  }
}
