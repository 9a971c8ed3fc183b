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

/// Which class names of checkpoints are known, and what reads them. A new model family is one file and one line here.
public enum ComponentRegistry {
  typealias Loader = @Sendable (ComponentSource, WeightScope, Configuration) throws -> Component

  /// Parts with a config and weights: the stem of their files, how long their packed weights are kept where they are large,
  /// and what makes them.
  static let models: [String: (stem: String, retention: WeightPool.Retention, load: Loader)] = [
    "UNet2DConditionModel": (
      "diffusion_pytorch_model", .always,
      { source, scope, configuration in
        .predictor(try UNet2DConditionModel(scope, configuration: configuration, path: source.name))
      }
    ),
    // Each weight is used once for a picture, when the UNet's are in memory too.
    "AutoencoderKL": (
      "diffusion_pytorch_model", .operation,
      { source, scope, configuration in
        .codec(try AutoencoderKL(scope, configuration: configuration, tile: source.tile, path: source.name))
      }
    ),
    "CLIPTextModel": ("model", .pool, textEncoder),
    "CLIPTextModelWithProjection": ("model", .pool, textEncoder),
  ]

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

  static let tokenizers: Set<String> = ["CLIPTokenizer", "CLIPTokenizerFast"]

  private static let textEncoder: Loader = { source, scope, configuration in
    .textEncoder(try TextEncoder(scope, configuration: configuration, path: source.name))
  }

  /// Reads one part.
  ///
  /// - Parameter probing: builds the part without reading its weights, to see which it asks for
  static func load(
    _ source: ComponentSource, probing: Bool = false
  ) throws -> (component: Component, files: WeightFiles?, probe: ProbedWeights?) {
    if tokenizers.contains(source.className) {
      return (.tokenizer(try Tokenizer(directory: source.directory, added: source.addedTokens)), nil, nil)
    }
    guard let entry = models[source.className] else {
      let known = (Array(models.keys) + tokenizers).sorted().joined(separator: ", ")
      throw PipelineError(
        "\(source.directory): a component of class \(source.className), which is not known (known: \(known))")
    }
    let configuration = try source.configuration()
    let weights = try source.weights(stem: entry.stem)
    let probe = probing ? ProbedWeights(weights.source) : nil
    let scope = WeightScope(probe ?? weights.source, pool: pool(source, weights, entry.retention))
    let component = try entry.load(source, scope, configuration)
    if probing, case .codec(let codec as AutoencoderKL) = component { try codec.load() }
    return (component, weights.files, probe)
  }
}
