import Encoding
import Glibc
import Models
import Neural
import Weights

/// A whole model in one `.safetensors` file, under the names of the original latent diffusion code.
struct SingleFile {
  let path: String
  let files: WeightFiles

  /// - Throws: an error that says what the file is, if it is something else.
  init(path: String) throws {
    self.path = path
    files = try WeightFiles(path: path)
    if case .other(let what) = CheckpointIdentity(files) { throw PipelineError("\(path): \(what)") }
  }

  /// The tower is OpenCLIP's: Stable Diffusion 2.
  private var isSecondVersion: Bool {
    files.names.contains { $0.hasPrefix(Self.openCLIPPrefix) }
      || files.shape(of: "\(CheckpointIdentity.unetPrefix)middle_block.1.proj_in.weight")?.count == 2
  }

  private static let openCLIPPrefix = "cond_stage_model.model."
  private static let clipPrefix = "cond_stage_model.transformer."
  private static let vaePrefix = "first_stage_model."

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
    let unet = unetWeights()
    var parts = [
      try part(
        "unet", "UNet2DConditionModel", unet, configs: configs,
        InferredConfiguration.unet(unet, sampleSize: sampleSize(prediction)))
    ]
    if let (weights, isOpenCLIP) = textWeights() {
      parts.append(
        try part(
          "text_encoder", "CLIPTextModel", weights, configs: configs,
          InferredConfiguration.text(weights, isOpenCLIP: isOpenCLIP)))
    }
    let vae = Self.autoencoderWeights(files, prefix: Self.vaePrefix)
    if !vae.names.isEmpty {
      parts.append(
        try part("vae", "AutoencoderKL", vae, configs: configs, InferredConfiguration.autoencoder(vae)))
    }
    if let directory = tokenizerDirectory(tokenizer, configs) {
      parts.append(ComponentSource(name: "tokenizer", className: "CLIPTokenizer", directory: directory))
    }
    parts.append(
      try part(
        "scheduler", "", nil, configs: configs,
        InferredConfiguration.scheduler(isSecondVersion: isSecondVersion, predictionType: prediction)))
    return (parts, warnings)
  }

  private func part(
    _ name: String, _ className: String, _ weights: (any WeightSource)?, configs: String?, _ inferred: JSON
  ) throws -> ComponentSource {
    let file = name == "scheduler" ? "scheduler_config.json" : "config.json"
    var configuration = try Configuration(inferred, path: "\(path) (\(name))")
    if let configs, access("\(configs)/\(name)/\(file)", F_OK) == 0 {
      configuration = try Configuration(file: "\(configs)/\(name)/\(file)")
    }
    return ComponentSource(
      name: name, className: className.isEmpty ? configuration.className ?? "" : className, directory: path,
      contents: ComponentSource.Contents(
        configuration: configuration, weights: weights.map { ComponentWeights(files: files, source: $0) }))
  }

  // MARK: Weights under the names of diffusers

  private func unetWeights() -> RenamedWeights {
    let prefix = CheckpointIdentity.unetPrefix
    let first = (1..<100).first { files.shape(of: "\(prefix)input_blocks.\($0).0.op.weight") != nil }
    return Self.renamed(files, prefix: prefix) { LatentDiffusionNames.unet($0, layers: (first ?? 3) - 1) }
  }

  private func textWeights() -> (any WeightSource, isOpenCLIP: Bool)? {
    let clip = Self.renamed(files, prefix: Self.clipPrefix) { name in
      name.hasPrefix("text_model.") ? String(name.dropFirst("text_model.".count)) : name
    }
    if !clip.names.isEmpty { return (clip, false) }
    let open = Self.openCLIPWeights(files, prefix: Self.openCLIPPrefix)
    return open.names.isEmpty ? nil : (open, true)
  }

  private static func renamed(
    _ files: WeightFiles, prefix: String, _ rename: (String) -> String?
  ) -> RenamedWeights {
    var pieces: [String: RenamedWeights.Piece] = [:]
    for entry in files.entries where entry.name.hasPrefix(prefix) {
      guard let name = rename(String(entry.name.dropFirst(prefix.count))) else { continue }
      pieces[name] = RenamedWeights.Piece(entry.name, shape: entry.shape)
    }
    return RenamedWeights(files, pieces)
  }

  private static func openCLIPWeights(_ files: WeightFiles, prefix: String) -> RenamedWeights {
    var pieces: [String: RenamedWeights.Piece] = [:]
    for entry in files.entries where entry.name.hasPrefix(prefix) {
      guard let name = LatentDiffusionNames.openCLIP(String(entry.name.dropFirst(prefix.count))) else {
        continue
      }
      let fused = ["weight", "bias"].first { name.hasSuffix(".in_proj_\($0)") }
      guard let fused, let rows = entry.shape.first else {
        pieces[name] = RenamedWeights.Piece(entry.name, shape: entry.shape)
        continue
      }
      let third = rows / 3
      for (index, projection) in ["q_proj", "k_proj", "v_proj"].enumerated() {
        let path = name.dropLast("in_proj_\(fused)".count)
        pieces["\(path)\(projection).\(fused)"] = RenamedWeights.Piece(
          entry.name, rows: index * third..<(index + 1) * third, shape: [third] + entry.shape.dropFirst())
      }
    }
    return RenamedWeights(files, pieces)
  }

  /// - Parameter prefix: of the VAE's names; empty in a file that holds nothing else
  static func autoencoderWeights(_ files: WeightFiles, prefix: String) -> RenamedWeights {
    let levels = (0..<100).first {
      files.shape(of: "\(prefix)encoder.down.\($0).block.0.conv1.weight") == nil
    }
    var pieces: [String: RenamedWeights.Piece] = [:]
    for entry in files.entries where entry.name.hasPrefix(prefix) {
      let stored = String(entry.name.dropFirst(prefix.count))
      guard let name = LatentDiffusionNames.autoencoder(stored, levels: levels ?? 0) else { continue }
      // The projections of attention are stored as 1 × 1 convolutions.
      let isProjection = name.contains(".attentions.") && entry.shape.count == 4
      pieces[name] = RenamedWeights.Piece(
        entry.name, shape: isProjection ? Array(entry.shape.prefix(2)) : entry.shape)
    }
    return RenamedWeights(files, pieces)
  }

  // MARK: What the file does not tell

  /// The SAI model specification (`modelspec.…` in the metadata), where newer tools wrote it; else the most likely.
  private func prediction(_ warnings: inout [String], hasConfigs: Bool) -> String {
    let notes = files.files[0].metadata
    if let stated = notes["modelspec.prediction_type"] { return stated == "v" ? "v_prediction" : stated }
    if let architecture = notes["modelspec.architecture"], architecture.contains("768-v") {
      return "v_prediction"
    }
    guard isSecondVersion else { return "epsilon" }
    let isInpainting = files.shape(of: "\(CheckpointIdentity.unetPrefix)input_blocks.0.0.weight")?[1] == 9
    if isInpainting { return "epsilon" }
    if !hasConfigs {
      warnings.append(
        "\(path) does not say whether it predicts the noise or the velocity: taken for a v-prediction model as "
          + "Stable Diffusion 2.1; if pictures are noise, load it with prediction_type = \"epsilon\"")
    }
    return "v_prediction"
  }

  private func sampleSize(_ prediction: String) -> Int {
    let resolution = files.files[0].metadata["modelspec.resolution"]?.split(separator: "x").first.flatMap {
      Int($0)
    }
    if let resolution, (64...4096).contains(resolution) { return resolution / 8 }
    return isSecondVersion && prediction == "v_prediction" ? 96 : 64
  }

  private func tokenizerDirectory(_ given: String?, _ configs: String?) -> String? {
    if let given { return Self.tokenizerDirectory(in: given) ?? given }
    let folder = path.contains("/") ? String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]) : "."
    return [configs, folder].compactMap { $0 }.lazy.compactMap { Self.tokenizerDirectory(in: $0) }.first
  }

  /// The directory itself if it holds a tokenizer's files, or the one called `tokenizer` in it.
  static func tokenizerDirectory(in directory: String) -> String? {
    ["\(directory)/tokenizer", directory].first { place in
      ["tokenizer.json", "vocab.json"].contains { access("\(place)/\($0)", F_OK) == 0 }
    }
  }
}
