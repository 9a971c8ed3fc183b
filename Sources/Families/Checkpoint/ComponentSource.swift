import Glibc
import Models
import Neural
import Tensor
import Weights

/// The weights of one part: the files, and what the part's model sees of them.
struct ComponentWeights: Sendable {
  let files: WeightFiles
  private(set) var source: any WeightSource
  /// The tensors that belong to the part.
  let entries: [SafetensorsFile.Entry]

  init(files: WeightFiles, source: any WeightSource) {
    self.files = files
    self.source = source
    let stored = (source as? RenamedWeights)?.storedNames
    entries = files.entries.filter { stored?.contains($0.name) ?? true }
  }

  /// The same tensors with adapters on top.
  mutating func adapt(_ adapter: (any WeightSource) throws -> any WeightSource) rethrows {
    source = try adapter(source)
  }
}

/// Where one part of a checkpoint lies on disk.
public struct ComponentSource: Sendable {
  /// The part's name in the checkpoint: `unet`, `text_encoder` …
  public let name: String
  public let className: String
  /// Where the part's files lie; or the one file of the whole model.
  public let directory: String
  /// `fp16` and the like: which of several sets of weights to read.
  public let variant: String?

  /// What the part is there for in the model, as its family says.
  var task: ComponentTask?

  /// A config and weights that have no files of their own.
  struct Contents: Sendable {
    let configuration: Configuration
    let weights: ComponentWeights?
    /// Beginnings of names that are left out on purpose.
    var leavesOut: [String] = []
  }
  private let contents: Contents?

  /// In what the part multiplies, and whether its weights stay in the file.
  var precision = Precision.float32
  var savesMemory = false
  /// Of a VAE: see `CheckpointOptions`.
  var tile: Int?

  /// What adapters do to the part.
  var loras: [LoRA] = []
  var embeddings: [TokenVectors] = []
  var addedTokens: [Tokenizer.AddedToken] = []

  public init(name: String, className: String, directory: String, variant: String? = nil) {
    self.init(name: name, className: className, directory: directory, variant: variant, task: nil)
  }

  init(
    name: String, className: String, directory: String, variant: String? = nil, task: ComponentTask?,
    contents: Contents? = nil
  ) {
    self.name = name
    self.className = className
    self.directory = directory
    self.variant = variant
    self.task = task
    self.contents = contents
  }

  /// Beginnings of names of tensors that the part leaves out on purpose.
  var leavesOut: [String] { contents?.leavesOut ?? [] }

  public func configuration() throws -> Configuration {
    let file = (task ?? .predictor).configurationFile
    let plain = try contents?.configuration ?? Configuration(file: "\(directory)/\(file)")
    guard !embeddings.isEmpty, task == .textEncoder else { return plain }
    return try plain.setting(
      "vocab_size", .number(plain.int("vocab_size", default: 49408) + embeddings.reduce(0) { $0 + $1.count }))
  }

  /// - Parameter stem: what the files are called: `model` in transformers, `diffusion_pytorch_model` in diffusers
  func weights(stem: String) throws -> ComponentWeights {
    var weights: ComponentWeights
    if let contents {
      guard let found = contents.weights else { throw PipelineError("\(directory): \(name) has no weights") }
      weights = found
    } else {
      let files = try WeightFiles(directory: directory, stem: stem, variant: variant)
      weights = ComponentWeights(files: files, source: files)
    }
    if !loras.isEmpty { try weights.adapt { try LoRA.merged(loras, into: $0, component: name) } }
    // The words last: adapters of the token table know the model's own rows only.
    if !embeddings.isEmpty { try weights.adapt { try TokenVectors.joined(embeddings, to: $0) } }
    return weights
  }

  /// Without adapters.
  func plain() -> ComponentSource {
    var plain = self
    (plain.loras, plain.embeddings, plain.addedTokens) = ([], [], [])
    return plain
  }

  /// The weights by whatever stem they have.
  func weights() throws -> ComponentWeights {
    let stems = ["diffusion_pytorch_model", "model"]
    let names = stems.flatMap { stem in
      let name = variant.map { "\(stem).\($0)" } ?? stem
      return ["\(name).safetensors", "\(name).safetensors.index.json"].map { (stem, $0) }
    }
    let found = names.first { access("\(directory)/\($0.1)", F_OK) == 0 }
    return try weights(stem: found?.0 ?? stems[0])
  }
}
