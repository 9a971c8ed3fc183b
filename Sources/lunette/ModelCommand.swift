import ArgumentParser
import Encoding
import Neural
import Scripting

struct ModelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "model", abstract: "Looks at models on disk.", subcommands: [ModelInfoCommand.self])
}

struct ModelInfoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "info", abstract: "Says what a model consists of: components, sizes, settings.")

  @Argument(
    help: ArgumentHelp(
      "A folder in diffusers layout, or a plugin that brings a model.", valueName: "dir|name"))
  var model = "emoji-world"

  func run() throws {
    let folder = try Self.folder(of: model)
    do {
      let index = try JSON(file: folder + "/model_index.json")
      Terminal.print("\(folder)\n")
      line("pipeline", index["_class_name"]?.string ?? "unknown")
      var total = Weights()
      for (name, value) in zip(index.object?.keys ?? [], index.object?.values ?? []) {
        guard let type = value.array?.last?.string, !name.hasPrefix("_"), Files.isFolder("\(folder)/\(name)")
        else {
          continue
        }
        let weights = try Weights(component: "\(folder)/\(name)")
        total.add(weights)
        line(name, type + (weights.parameters > 0 ? ": \(weights)" : ""))
        for setting in try Self.settings(of: "\(folder)/\(name)") { line("", setting) }
      }
      line("in all", "\(total)")
      if let hash = Files.sha256(of: folder) { line("sha256", hash) }
    } catch let error as NeuralError {
      throw CommandError(error.message)
    } catch let error as JSONError {
      throw CommandError("\(folder)/model_index.json: \(error)")
    }
  }

  private func line(_ name: String, _ value: String) {
    Terminal.print("  " + name + String(repeating: " ", count: max(1, 20 - name.count)) + value + "\n")
  }

  /// The folder that holds `model_index.json`.
  private static func folder(of model: String) throws -> String {
    let plugin = Installation.plugin(named: model).map { $0 + "/model" }
    for folder in [model, plugin].compactMap(\.self) {
      var path = folder
      while path.count > 1, path.hasSuffix("/") { path.removeLast() }
      if Files.exists(path + "/model_index.json") { return path }
    }
    throw CommandError("\(model): no model here (a folder with model_index.json, or a plugin with model/)")
  }

  /// The few settings of a config that tell architectures apart.
  private static func settings(of component: String) throws -> [String] {
    let keys = [
      "block_out_channels", "layers_per_block", "attention_head_dim", "num_attention_heads",
      "cross_attention_dim",
      "sample_size", "latent_channels", "scaling_factor", "hidden_size", "num_hidden_layers", "hidden_act",
      "projection_dim", "prediction_type", "beta_schedule", "num_train_timesteps", "timestep_spacing",
    ]
    let names = ["config.json", "scheduler_config.json"].map { "\(component)/\($0)" }
    guard let name = names.first(where: Files.exists) else { return [] }
    let config = try JSON(file: name)
    return keys.compactMap { key in
      config[key].flatMap { $0 == .null ? nil : "\(key) \($0)" }
    }
  }
}

/// How much a component weighs.
private struct Weights: CustomStringConvertible {
  var parameters = 0
  var bytes = 0
  var types: Set<String> = []

  init() {}

  /// Adds up the safetensors files of a folder.
  init(component: String) throws {
    for name in Files.list(below: component) where name.hasSuffix(".safetensors") {
      for entry in try SafetensorsFile(path: "\(component)/\(name)").entries {
        parameters += entry.count
        bytes += entry.bytes.count
        types.insert(entry.type.name)
      }
    }
  }

  mutating func add(_ other: Weights) {
    parameters += other.parameters
    bytes += other.bytes
    types.formUnion(other.types)
  }

  var description: String {
    let millions = (Double(parameters) / 1e6).rounded(to: 1)
    let megabytes = (Double(bytes) / 1e6).rounded(to: 1)
    return "\(millions) M parameters, \(megabytes) MB, \(types.sorted().joined(separator: " "))"
  }
}
