import Encoding
import Glibc
import Models
import Neural
import Weights

/// A whole model in one `.safetensors` file, as the layout of its family says.
struct SingleFile {
  let path: String
  let files: WeightFiles
  let family: ModelFamily
  private let layout: SingleFileLayout
  private var evidence: CheckpointEvidence { .file(files) }

  /// - Throws: an error that says what the file is, if it is something else.
  init(path: String, families: FamilyRegistry) throws {
    self.path = path
    files = try WeightFiles(path: path)
    let names = Set(files.names)
    if let what = ForeignWeights.addition(names) { throw PipelineError("\(path): \(what)") }
    guard let family = families.family(of: .file(files)) else {
      throw PipelineError("\(path): \(ForeignWeights.part(names, known: families.supportedSeries))")
    }
    if let refusal = family.refusal { throw PipelineError("\(path): \(families.sentence(refusal))") }
    guard let layout = family.singleFile else {
      throw PipelineError(
        "\(path): single files of \(family.name) are not read: give the directory of the model")
    }
    self.family = family
    self.layout = layout
  }

  /// The parts of the model, and warnings about what the file does not tell.
  ///
  /// - Parameters:
  ///   - configs: a directory in the layout of diffusers whose configs and tokenizer go with the file
  ///   - tokenizer: a directory with the files of the tokenizer
  ///   - predictionType: `epsilon` or `v_prediction`, if it is known
  func components(
    configs: String?, tokenizer: String?, predictionType: String?
  ) throws -> (components: [ComponentSource], warnings: [String]) {
    var warnings: [String] = []
    let prediction = predictionType ?? prediction(&warnings, hasConfigs: configs != nil)
    let size = sampleSize(prediction)
    var parts: [ComponentSource] = []
    for part in layout.parts where !parts.contains(where: { $0.name == part.component }) {
      let weights = part.weights(files, part.prefix)
      guard !weights.names.isEmpty else { continue }
      parts.append(
        try source(
          part.component, className: part.className, weights, configs: configs,
          inferred: part.configuration(weights, size), leavesOut: part.leavesOut))
    }
    for role in family.roles where role.task == .tokenizer {
      guard let directory = tokenizerDirectory(tokenizer, configs, name: role.name) else { continue }
      parts.append(
        ComponentSource(
          name: role.name, className: role.loaders.first?.classNames.first ?? "", directory: directory,
          task: .tokenizer))
    }
    for role in family.roles where role.task == .scheduler {
      parts.append(
        try source(
          role.name, className: nil, nil, configs: configs,
          inferred: layout.scheduler(evidence, prediction)))
    }
    return (parts, warnings)
  }

  /// - Parameter className: nil to take the config's
  private func source(
    _ name: String, className: String?, _ weights: RenamedWeights?, configs: String?, inferred: JSON,
    leavesOut: [String] = []
  ) throws -> ComponentSource {
    let task = family.role(name)?.task ?? .predictor
    var configuration = try Configuration(inferred, path: "\(path) (\(name))")
    if let configs, access("\(configs)/\(name)/\(task.configurationFile)", F_OK) == 0 {
      configuration = try Configuration(file: "\(configs)/\(name)/\(task.configurationFile)")
    }
    return ComponentSource(
      name: name, className: className ?? configuration.className ?? "", directory: path, task: task,
      contents: ComponentSource.Contents(
        configuration: configuration, weights: weights.map { ComponentWeights(files: files, source: $0) },
        leavesOut: leavesOut))
  }

  // MARK: What the file does not tell

  /// The SAI model specification (`modelspec.…` in the metadata), where newer tools wrote it; else the most likely.
  private func prediction(_ warnings: inout [String], hasConfigs: Bool) -> String {
    let notes = files.files[0].metadata
    if let stated = notes["modelspec.prediction_type"] { return stated == "v" ? "v_prediction" : stated }
    if let architecture = notes["modelspec.architecture"], architecture.contains("768-v") {
      return "v_prediction"
    }
    let (type, isGuess) = layout.prediction(evidence)
    if isGuess, !hasConfigs {
      let (taken, other) =
        type == "epsilon"
        ? ("the noise, as Stable Diffusion 2.1 base and SD-Turbo do", "v_prediction")
        : ("the velocity, as Stable Diffusion 2.1 does", "epsilon")
      warnings.append(
        "\(path) does not say whether it predicts the noise or the velocity: by its weights taken to predict \(taken); if "
          + "pictures are noise, its prediction_type is \(other)")
    }
    return type
  }

  private func sampleSize(_ prediction: String) -> Int {
    let resolution = files.files[0].metadata["modelspec.resolution"]?.split(separator: "x").first.flatMap {
      Int($0)
    }
    if let resolution, (64...4096).contains(resolution) { return resolution / 8 }
    return layout.sampleSize(evidence, prediction)
  }

  /// - Parameter name: of the tokenizer in the layout of diffusers
  private func tokenizerDirectory(_ given: String?, _ configs: String?, name: String) -> String? {
    if let given { return Self.tokenizerDirectory(in: given, name: name) ?? given }
    let folder = path.contains("/") ? String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]) : "."
    return [configs, folder].compactMap { $0 }.lazy.compactMap { Self.tokenizerDirectory(in: $0, name: name) }
      .first
  }

  /// The directory itself if it holds a tokenizer's files, or the one called `name` in it.
  static func tokenizerDirectory(in directory: String, name: String = "tokenizer") -> String? {
    ["\(directory)/\(name)", directory].first { place in
      ["tokenizer.json", "vocab.json"].contains { access("\(place)/\($0)", F_OK) == 0 }
    }
  }
}
