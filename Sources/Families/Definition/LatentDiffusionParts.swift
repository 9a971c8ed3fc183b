import Encoding
import Models
import Neural
import Weights

/// The parts of single files of the original latent diffusion code, and of what came after it under the same names.
extension SingleFileLayout.Part {
  public static let unet = SingleFileLayout.Part(
    "unet", "UNet2DConditionModel", prefix: "model.diffusion_model.",
    weights: { files, prefix in
      let first = (1..<100).first { files.shape(of: "\(prefix)input_blocks.\($0).0.op.weight") != nil }
      return .renamed(files, prefix: prefix) { LatentDiffusionNames.unet($0, layers: (first ?? 3) - 1) }
    },
    configuration: { InferredConfiguration.unet($0, sampleSize: $1) })

  public static let autoencoder = SingleFileLayout.Part(
    "vae", "AutoencoderKL", prefix: "first_stage_model.",
    weights: autoencoderWeights,
    configuration: { weights, _ in InferredConfiguration.autoencoder(weights) })

  /// The text tower under the names of transformers.
  public static let clip = SingleFileLayout.Part(
    "text_encoder", "CLIPTextModel", prefix: "cond_stage_model.transformer.",
    weights: { files, prefix in
      .renamed(files, prefix: prefix) { name in
        name.hasPrefix("text_model.") ? String(name.dropFirst("text_model.".count)) : name
      }
    },
    configuration: { weights, _ in InferredConfiguration.text(weights, isOpenCLIP: false) })

  /// The text tower under OpenCLIP's names, whose last layer is not used.
  public static let openCLIP: SingleFileLayout.Part = {
    var part = SingleFileLayout.Part(
      "text_encoder", "CLIPTextModel", prefix: "cond_stage_model.model.",
      weights: { RenamedWeights($0, openCLIPPieces($0, prefix: $1)) },
      configuration: { weights, _ in InferredConfiguration.text(weights, isOpenCLIP: true) })
    part.leavesOut = ["encoder.layers."]
    return part
  }()

  /// The second tower of Stable Diffusion XL: all layers, and the projection for the pooled text, with rows for columns.
  public static let openCLIPWithProjection = SingleFileLayout.Part(
    "text_encoder_2", "CLIPTextModelWithProjection", prefix: "conditioner.embedders.1.model.",
    weights: { files, prefix in
      var pieces = openCLIPPieces(files, prefix: prefix)
      if let shape = files.shape(of: "\(prefix)text_projection"), shape.count == 2 {
        pieces["text_projection.weight"] = RenamedWeights.Piece(
          "\(prefix)text_projection", shape: shape.reversed(), isTransposed: true)
      }
      return RenamedWeights(files, pieces)
    },
    configuration: { weights, _ in InferredConfiguration.textWithProjection(weights) })

  private static func openCLIPPieces(
    _ files: WeightFiles, prefix: String
  ) -> [String: RenamedWeights.Piece] {
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
    return pieces
  }

  private static func autoencoderWeights(_ files: WeightFiles, prefix: String) -> RenamedWeights {
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
}

extension RenamedWeights {
  /// The tensors of a file whose names begin with `prefix`, under the names that `rename` makes of the rest of theirs.
  fileprivate static func renamed(
    _ files: WeightFiles, prefix: String, _ rename: (String) -> String?
  ) -> RenamedWeights {
    var pieces: [String: RenamedWeights.Piece] = [:]
    for entry in files.entries where entry.name.hasPrefix(prefix) {
      guard let name = rename(String(entry.name.dropFirst(prefix.count))) else { continue }
      pieces[name] = RenamedWeights.Piece(entry.name, shape: entry.shape)
    }
    return RenamedWeights(files, pieces)
  }
}
