import Encoding
import Models
import Sampling

/// What sets one family of models apart: how its checkpoints are recognised, what parts they have and what reads them,
/// under which names single files and adapters keep them, and what a run takes that does not say.
///
/// A family is a value. `FamilyRegistry.standard` lists those that Lunette knows, each in a file of its own.
public struct ModelFamily: Sendable {
  /// `Stable Diffusion 1`; in messages that list what is supported.
  public let name: String

  // MARK: Recognition

  /// `_class_name` in `model_index.json`; a name that ends in `*` stands for all that begin so.
  public var pipelineClasses: [String] = []
  /// Beginnings of tensors' names that tell a single file of the family; empty if it has none.
  public var markers: [String] = []
  /// Tells families apart that share classes and markers.
  public var isTold: @Sendable (CheckpointEvidence) -> Bool = { _ in true }
  /// Why its checkpoints are not run; nil for a family that is supported.
  public var refusal: Refusal?
  /// Whether it is another family's variant, which lists of what is supported leave out.
  public var isVariant = false

  // MARK: Parts

  public var roles: [ComponentRole] = ComponentRole.latentDiffusion
  /// Parts that take no part in making pictures from texts.
  public var ignoredComponents: Set<String> = ["safety_checker", "feature_extractor", "image_encoder"]
  /// Switches of `model_index.json` without influence on the pictures.
  public var ignoredSettings: Set<String> = ["requires_safety_checker"]
  /// Switches that the family reads: see `Checkpoint.setting`.
  public var settings: Set<String> = []
  /// nil for a family of which no single files are read.
  public var singleFile: SingleFileLayout?
  /// Beginnings of names in adapters' files, and the part that each speaks of.
  public var adapterPrefixes: [AdapterPrefix] = []

  /// Under which names embeddings' files keep the vectors for each text encoder, by its part; empty in families with one.
  public var embeddingKeys: [String: String] = [:]

  // MARK: Runs

  public var defaults = Defaults()
  /// Puts the parts together.
  public var assemble: @Sendable (Checkpoint) throws -> Pipeline = { try plain($0) }

  public init(_ name: String) { self.name = name }

  /// What a family that is only recognised is refused with.
  public struct Refusal: Sendable {
    /// `a Flux checkpoint`
    let what: String
    /// What would be supported in its place; nil for all families that are.
    let instead: String?

    public init(_ what: String, instead: String? = nil) {
      self.what = what
      self.instead = instead
    }
  }

  /// Names in adapters' files that begin with `prefix` are of the part `component`.
  public struct AdapterPrefix: Sendable {
    let prefix, component: String

    public init(_ prefix: String, _ component: String) {
      self.prefix = prefix
      self.component = component
    }
  }

  /// What a request that does not say gets.
  public struct Defaults: Sendable {
    public var steps = 50
    public var guidance = 7.5

    public init(steps: Int = 50, guidance: Double = 7.5) {
      self.steps = steps
      self.guidance = guidance
    }
  }
}

extension ModelFamily {
  /// A family that is recognised by name and refused.
  ///
  /// - Parameters:
  ///   - what: `a Flux checkpoint`
  ///   - foreignPrefixes: of names in adapters' files that are this family's alone
  static func refused(
    _ name: String, _ what: String, classes: [String], markers: [String] = [], instead: String? = nil,
    foreignPrefixes: [String] = []
  ) -> ModelFamily {
    var family = ModelFamily(name)
    family.pipelineClasses = classes
    family.markers = markers
    family.refusal = Refusal(what, instead: instead)
    family.adapterPrefixes = foreignPrefixes.map { AdapterPrefix($0, "") }
    return family
  }

  /// One of each part.
  @Sendable static func plain(_ checkpoint: Checkpoint) throws -> Pipeline {
    Pipeline(
      unet: try checkpoint.predictor(), textEncoder: try checkpoint.textEncoder(),
      tokenizer: try checkpoint.tokenizer(), codec: try checkpoint.codec(),
      schedulerConfig: try checkpoint.schedulerConfig())
  }

  var isSupported: Bool { refusal == nil }

  func role(_ name: String) -> ComponentRole? { roles.first { $0.name == name } }

  /// Whether a checkpoint is of this family.
  func claims(_ evidence: CheckpointEvidence) -> Bool {
    switch evidence {
    case .directory(let pipelineClass, _):
      pipelineClasses.contains { known in
        known.hasSuffix("*") ? pipelineClass.hasPrefix(known.dropLast()) : pipelineClass == known
      } && isTold(evidence)
    case .file(let files):
      markers.contains { marker in files.names.contains { $0.hasPrefix(marker) } } && isTold(evidence)
    }
  }
}
