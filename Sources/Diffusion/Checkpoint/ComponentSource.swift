import Glibc
import Neural

/// Where one part of a checkpoint lies on disk.
public struct ComponentSource: Sendable {
  /// The part's name in the checkpoint: `unet`, `text_encoder` …
  public let name: String
  public let className: String
  public let directory: String
  /// `fp16` and the like: which of several sets of weights to read.
  public let variant: String?

  public init(name: String, className: String, directory: String, variant: String? = nil) {
    self.name = name
    self.className = className
    self.directory = directory
    self.variant = variant
  }

  public func configuration() throws -> Configuration { try Configuration(file: "\(directory)/config.json") }

  /// - Parameter stem: what the files are called: `model` in transformers, `diffusion_pytorch_model` in diffusers
  public func weights(stem: String) throws -> WeightFiles {
    try WeightFiles(directory: directory, stem: stem, variant: variant)
  }

  /// The weights by whatever stem they have.
  func weights() throws -> WeightFiles {
    let stems = ["diffusion_pytorch_model", "model"]
    let names = stems.flatMap { stem in
      let name = variant.map { "\(stem).\($0)" } ?? stem
      return ["\(name).safetensors", "\(name).safetensors.index.json"].map { (stem, $0) }
    }
    let found = names.first { access("\(directory)/\($0.1)", F_OK) == 0 }
    return try weights(stem: found?.0 ?? stems[0])
  }
}
