import ArgumentParser
import Families
import Platform
import Prompt
import Scripting

struct ModelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "model", abstract: "Looks at models on disk.",
    subcommands: [ModelInfoCommand.self, ModelCheckCommand.self])
}

/// Which model a command speaks of.
struct ModelArguments: ParsableArguments {
  @Argument(
    help: ArgumentHelp(
      "A folder in diffusers layout, a .safetensors file, or a plugin that brings a model.",
      valueName: "dir|file|name"))
  var model = "emoji-world"

  @Option(help: ArgumentHelp("Which set of weights to read: fp16 and the like.", valueName: "name"))
  var variant: String?

  @Option(help: ArgumentHelp("A VAE in place of the model's own.", valueName: "dir|file"))
  var vae: String?

  @Option(help: ArgumentHelp("A UNet in place of the model's own.", valueName: "dir|file"))
  var unet: String?

  @Option(help: ArgumentHelp("A LoRA adapter to go with the model; may be repeated.", valueName: "file"))
  var lora: [String] = []

  @Option(help: ArgumentHelp("A folder with a tokenizer, for single files.", valueName: "dir"))
  var tokenizer: String?

  @Option(
    help: ArgumentHelp("A folder in diffusers layout with configs for a single file.", valueName: "dir"))
  var config: String?

  func checkpoint() throws -> Checkpoint {
    var options = CheckpointOptions()
    (options.variant, options.vae, options.tokenizer, options.configs) = (variant, vae, tokenizer, config)
    options.unet = unet
    do {
      options.loras = try lora.map { try LoRA(path: $0) }
      return try Checkpoint(path: path(), options: options)
    } catch let error as CommandError {
      throw error
    } catch { throw CommandError("\(error)") }
  }

  private func path() throws -> String {
    if FileBytes.canRead(model) { return model }
    if let plugin = Installation.plugin(named: model), Folder.exists("\(plugin)/model") {
      return "\(plugin)/model"
    }
    throw CommandError(
      "\(model): no model here (a folder with model_index.json, a .safetensors file, or a plugin with model/)"
        + ModelLocator.downloadHint(model))
  }
}

struct ModelInfoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "info", abstract: "Says what a model consists of: components, sizes, settings.")

  @OptionGroup var arguments: ModelArguments

  func run() throws {
    let checkpoint = try arguments.checkpoint()
    let info: ModelInfo
    do { info = try checkpoint.info() } catch { throw CommandError("\(error)") }
    Terminal.line(info.path)
    line("pipeline", info.pipelineClass)
    for component in info.components { describe(component) }
    line("scheduler", info.schedulerClass ?? "unknown")
    line("predicts", info.predictionType)
    line("in all", ModelSize.text(parameters: info.parameters, bytes: info.bytes))
    if Folder.exists(info.path), let hash = FileHash.sha256(of: info.path) { line("sha256", hash) }
    for warning in checkpoint.warnings { Terminal.line("  note: \(warning)") }
  }

  private func describe(_ component: ModelInfo.Component) {
    let size =
      component.parameters == 0
      ? ""
      : ": \(ModelSize.text(parameters: component.parameters, bytes: component.bytes)), "
        + component.types.map(\.name).joined(separator: " ")
    line(component.name, component.className + size)
    for detail in component.details { line("", "\(detail.name) \(detail.value)") }
    list("missing", component.missing)
    list("unused", component.unused)
  }

  /// The first few of a list of names.
  private func list(_ what: String, _ names: [String]) {
    for name in names.prefix(5) { line("", "\(what): \(name)") }
    if names.count > 5 { line("", "\(what): … \(names.count) in all") }
  }

  private func line(_ name: String, _ value: String) {
    Terminal.line("  " + name + String(repeating: " ", count: max(1, 20 - name.count)) + value)
  }
}

struct ModelCheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Reads all of a model: every tensor against its config, every number.")

  @OptionGroup var arguments: ModelArguments

  func run() throws {
    let checkpoint = try arguments.checkpoint()
    let report = checkpoint.check()
    for fault in report.faults { Terminal.line("wrong: \(fault)") }
    for name in report.unused { Terminal.line("unused: \(name)") }
    for warning in report.warnings { Terminal.line("note: \(warning)") }
    let found = report.faults.isEmpty ? "nothing wrong" : "\(report.faults.count) wrong"
    Terminal.print(
      "\(checkpoint.path): \(report.tensors) tensors read, \(found), \(report.unused.count) unused\n")
    if !report.faults.isEmpty { throw ExitCode(1) }
  }
}

private enum ModelSize {
  /// `859.5 M parameters, 1719.1 MB`
  static func text(parameters: Int, bytes: Int) -> String {
    let millions = (Double(parameters) / 1e6).rounded(to: 1)
    let megabytes = (Double(bytes) / 1e6).rounded(to: 1)
    return "\(millions) M parameters, \(megabytes) MB"
  }
}
