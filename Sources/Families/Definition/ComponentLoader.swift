import Models
import Neural
import Tensor
import Weights

/// A part of a checkpoint, ready for use.
public enum Component {
  case predictor(any NoisePredictor)
  case codec(any ImageCodec)
  case textEncoder(any TextEmbedder)
  case tokenizer(any TextTokenizer)
}

/// What reads parts of certain classes.
public struct ComponentLoader: Sendable {
  /// The names by which checkpoints call it.
  public private(set) var classNames: [String]
  public let task: ComponentTask
  let kind: Kind

  enum Kind: Sendable {
    /// A part with a config and weights: the stem of its files, how long its packed weights are kept where they are large,
    /// and what makes it.
    case model(
      stem: String, retention: WeightPool.Retention,
      make: @Sendable (ComponentSource, WeightScope, Configuration) throws -> Component)
    /// A part without weights.
    case tokenizer(@Sendable (ComponentSource) throws -> any TextTokenizer)
  }

  /// A part with a config and weights.
  ///
  /// - Parameters:
  ///   - stem: what its files are called: `model` in transformers, `diffusion_pytorch_model` in diffusers
  ///   - retention: how long packed weights are kept in a large part
  public init(
    _ classNames: [String], _ task: ComponentTask, stem: String, retention: WeightPool.Retention,
    make: @escaping @Sendable (ComponentSource, WeightScope, Configuration) throws -> Component
  ) {
    self.classNames = classNames
    self.task = task
    kind = .model(stem: stem, retention: retention, make: make)
  }

  public init(
    tokenizer classNames: [String], make: @escaping @Sendable (ComponentSource) throws -> any TextTokenizer
  ) {
    self.classNames = classNames
    task = .tokenizer
    kind = .tokenizer(make)
  }

  /// The same for one of its classes.
  public func only(_ className: String) -> ComponentLoader {
    var loader = self
    loader.classNames = [className]
    return loader
  }

  public static let unet2DCondition = ComponentLoader(
    ["UNet2DConditionModel"], .predictor, stem: "diffusion_pytorch_model", retention: .always
  ) { source, scope, configuration in
    .predictor(try UNet2DConditionModel(scope, configuration: configuration, path: source.name))
  }

  // Each weight is used once for a picture, when the UNet's are in memory too.
  public static let autoencoderKL = ComponentLoader(
    ["AutoencoderKL"], .codec, stem: "diffusion_pytorch_model", retention: .operation
  ) { source, scope, configuration in
    .codec(try AutoencoderKL(scope, configuration: configuration, tile: source.tile, path: source.name))
  }

  public static let clipText = ComponentLoader(
    ["CLIPTextModel", "CLIPTextModelWithProjection"], .textEncoder, stem: "model", retention: .pool
  ) { source, scope, configuration in
    .textEncoder(try TextEncoder(scope, configuration: configuration, path: source.name))
  }

  public static let clipTokenizer = ComponentLoader(tokenizer: ["CLIPTokenizer", "CLIPTokenizerFast"]) {
    try Tokenizer(directory: $0.directory, added: $0.addedTokens)
  }
}

extension ComponentLoader {
  /// What was read of a part.
  typealias Loaded = (component: Component, files: WeightFiles?, probe: ProbedWeights?)

  /// Reads a part.
  ///
  /// - Parameter probing: builds the part without reading its weights, to see which it asks for
  func load(_ source: ComponentSource, probing: Bool = false) throws -> Loaded {
    switch kind {
    case .tokenizer(let make): return (.tokenizer(try make(source)), nil, nil)
    case .model(let stem, let retention, let make):
      let configuration = try source.configuration()
      let weights = try source.weights(stem: stem)
      let probe = probing ? ProbedWeights(weights.source) : nil
      let scope = WeightScope(probe ?? weights.source, pool: Self.pool(source, weights, retention))
      let component = try make(source, scope, configuration)
      if probing, case .codec(let codec) = component { try codec.load() }
      return (component, weights.files, probe)
    }
  }

  /// Numbers from which on a part is large: 64 MB.
  private static let large = 16 << 20

  private static func pool(
    _ source: ComponentSource, _ weights: ComponentWeights, _ retention: WeightPool.Retention
  ) -> WeightPool {
    // Who asks for bfloat16 wants half of the memory, which a processor without it gives in another way.
    if source.savesMemory || (source.precision == .bfloat16 && !Compute.backend.hasBFloat16) {
      return WeightPool(.operation, precision: source.precision)
    }
    let isLarge = weights.entries.reduce(0) { $0 + $1.count } >= large
    return WeightPool(isLarge ? retention : .always, precision: source.precision)
  }
}
