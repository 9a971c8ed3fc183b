import Glibc
import Models
import Weights

/// A VAE that takes the place of a checkpoint's own.
enum ReplacedAutoencoder {
  /// - Parameters:
  ///   - path: a VAE's directory, a whole model's, or a file under the names of the family's single files (alone or in a
  ///     whole checkpoint)
  ///   - role: of the VAE in its family
  static func source(_ path: String, role: ComponentRole, family: ModelFamily) throws -> ComponentSource {
    var status = stat()
    guard stat(path, &status) == 0 else { throw PipelineError("\(path): no such VAE") }
    if status.st_mode & S_IFMT == S_IFDIR {
      let classes = role.loaders.flatMap(\.classNames)
      for place in [path, "\(path)/\(role.name)"] where access("\(place)/config.json", F_OK) == 0 {
        let name = try Configuration(file: "\(place)/config.json").className ?? classes.first ?? ""
        guard classes.contains(name) else { throw PipelineError("\(place): a \(name), not a VAE") }
        return ComponentSource(name: role.name, className: name, directory: place, task: role.task)
      }
      throw PipelineError(
        "\(path): no config.json here or in \(role.name)/: not a VAE in the layout of diffusers")
    }
    let files = try WeightFiles(path: path)
    // Models that are never single files may still be given a VAE of those that are.
    let parts = (family.singleFile?.parts ?? [.autoencoder]).filter { $0.component == role.name }
    for part in parts {
      for prefix in ["", part.prefix] {
        let weights = part.weights(files, prefix)
        guard weights.shape(of: "decoder.conv_in.weight") != nil else { continue }
        let configuration = try Configuration(
          part.configuration(weights, 0), path: "\(path) (\(role.name))")
        return ComponentSource(
          name: role.name, className: part.className, directory: path, task: role.task,
          contents: ComponentSource.Contents(
            configuration: configuration, weights: ComponentWeights(files: files, source: weights)))
      }
    }
    throw PipelineError("\(path): no VAE in this file (no decoder.conv_in)")
  }
}
