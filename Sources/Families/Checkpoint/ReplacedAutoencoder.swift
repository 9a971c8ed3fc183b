import Glibc
import Models
import Weights

/// A VAE that takes the place of a checkpoint's own.
enum ReplacedAutoencoder {
  /// - Parameter path: a VAE's directory, a whole model's, or a file under the names of the original code (alone or in
  ///   a whole checkpoint)
  static func source(_ path: String) throws -> ComponentSource {
    var status = stat()
    guard stat(path, &status) == 0 else { throw PipelineError("\(path): no such VAE") }
    if status.st_mode & S_IFMT == S_IFDIR {
      let places = [path, "\(path)/vae"]
      for place in places where access("\(place)/config.json", F_OK) == 0 {
        let name = try Configuration(file: "\(place)/config.json").className ?? "AutoencoderKL"
        guard name == "AutoencoderKL" else { throw PipelineError("\(place): a \(name), not a VAE") }
        return ComponentSource(name: "vae", className: name, directory: place)
      }
      throw PipelineError("\(path): no config.json here or in vae/: not a VAE in the layout of diffusers")
    }
    let files = try WeightFiles(path: path)
    for prefix in ["", "first_stage_model."] {
      let weights = SingleFile.autoencoderWeights(files, prefix: prefix)
      guard weights.shape(of: "decoder.conv_in.weight") != nil else { continue }
      let configuration = try Configuration(InferredConfiguration.autoencoder(weights), path: "\(path) (vae)")
      return ComponentSource(
        name: "vae", className: "AutoencoderKL", directory: path,
        contents: ComponentSource.Contents(
          configuration: configuration, weights: ComponentWeights(files: files, source: weights)))
    }
    throw PipelineError("\(path): no VAE in this file (no decoder.conv_in)")
  }
}
