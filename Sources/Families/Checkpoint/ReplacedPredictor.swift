import Encoding
import Glibc
import Models
import Neural
import Weights

/// A UNet that takes the place of a checkpoint's own, as models distilled for few steps are handed round.
enum ReplacedPredictor {
  /// - Parameters:
  ///   - path: a UNet's directory, a whole model's, or a file under the names of diffusers or of the family's single files
  ///     (alone or in a whole checkpoint)
  ///   - own: the checkpoint's UNet, whose config stands for that of a file, which has none
  ///   - role: of the UNet in its family
  static func source(
    _ path: String, own: ComponentSource?, role: ComponentRole, family: ModelFamily
  ) throws -> ComponentSource {
    var status = stat()
    guard stat(path, &status) == 0 else { throw PipelineError("\(path): no such UNet") }
    if status.st_mode & S_IFMT == S_IFDIR { return try directory(path, role) }
    guard let own else {
      throw PipelineError(
        "\(path): this checkpoint has no \(role.name) of its own, whose config would go with the file")
    }
    let files = try WeightFiles(path: path)
    guard let weights = weights(files, role: role, family: family) else {
      throw PipelineError("\(path): \(what(files, family))")
    }
    return ComponentSource(
      name: role.name, className: own.className, directory: path, task: role.task,
      contents: ComponentSource.Contents(
        configuration: try configuration(own.configuration(), of: weights.source, path: path, role),
        weights: weights))
  }

  private static func directory(_ path: String, _ role: ComponentRole) throws -> ComponentSource {
    let classes = role.loaders.flatMap(\.classNames)
    for place in [path, "\(path)/\(role.name)"] where access("\(place)/config.json", F_OK) == 0 {
      let name = try Configuration(file: "\(place)/config.json").className ?? classes.first ?? ""
      guard classes.contains(name) else { throw PipelineError("\(place): a \(name), not a UNet") }
      return ComponentSource(name: role.name, className: name, directory: place, task: role.task)
    }
    throw PipelineError(
      "\(path): no config.json here or in \(role.name)/: not a UNet in the layout of diffusers")
  }

  /// The UNet's tensors under the names of diffusers; nil if the file has none.
  private static func weights(
    _ files: WeightFiles, role: ComponentRole, family: ModelFamily
  ) -> ComponentWeights? {
    if files.shape(of: first) != nil { return ComponentWeights(files: files, source: files) }
    for part in family.singleFile?.parts ?? [] where part.component == role.name {
      // Beginnings by which tools that take UNets out of checkpoints call it.
      for prefix in [part.prefix, "diffusion_model.", ""] {
        let renamed = part.weights(files, prefix)
        if renamed.shape(of: first) != nil { return ComponentWeights(files: files, source: renamed) }
      }
    }
    return nil
  }

  /// A tensor that every UNet has and no other part.
  private static let first = "down_blocks.0.resnets.0.conv1.weight"

  private static func what(_ files: WeightFiles, _ family: ModelFamily) -> String {
    let names = Set(files.names)
    return ForeignWeights.addition(names)?.replacing("not a model", with: "not a UNet")
      ?? "no UNet of \(family.name) in this file (no \(first))"
  }

  /// The checkpoint's own, but for what the shapes tell.
  private static func configuration(
    _ own: Configuration, of weights: any WeightSource, path: String, _ role: ComponentRole
  ) throws -> Configuration {
    var object = own.json.object ?? JSON.Object()
    func take(_ key: String, _ tensor: String, _ dim: Int) {
      guard let shape = weights.shape(of: tensor), dim < shape.count else { return }
      object[key] = .number(shape[dim])
    }
    take("in_channels", "conv_in.weight", 1)
    take("out_channels", "conv_out.weight", 0)
    object["time_cond_proj_dim"] = nil
    take("time_cond_proj_dim", "time_embedding.cond_proj.weight", 1)
    return try Configuration(.object(object), path: "\(path) (\(role.name))")
  }
}
