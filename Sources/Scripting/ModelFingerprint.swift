import Families
import Platform

/// A file or folder that takes part in what a model draws.
public struct ModelPart: Sendable, Hashable {
  /// What it is: `vae`, `lora 0.8`, `embedding <cat>` …
  public let role: String
  public let path: String

  public var sha256: String? { FileHash.sha256(of: path) }
}

extension Checkpoint {
  /// What the model was opened with beside its own files.
  var additions: [ModelPart] {
    var parts: [ModelPart] = []
    if let vae = options.vae { parts.append(ModelPart(role: "vae", path: vae)) }
    if let unet = options.unet { parts.append(ModelPart(role: "unet", path: unet)) }
    for lora in options.loras {
      parts.append(ModelPart(role: "lora \(lora.scale)", path: lora.path))
      if let path = lora.settingsPath { parts.append(ModelPart(role: "lora settings", path: path)) }
    }
    for embedding in options.embeddings {
      parts.append(ModelPart(role: "embedding \(embedding.token)", path: embedding.path))
    }
    if let configs = options.configs { parts.append(ModelPart(role: "configs", path: configs)) }
    if let tokenizer = options.tokenizer { parts.append(ModelPart(role: "tokenizer", path: tokenizer)) }
    return parts
  }

  /// The hash of everything that decides what the model draws: its files and, where there are any, those it was opened with and
  /// how; nil where one of them cannot be read.
  func fingerprint() -> String? {
    let settings = [options.variant, options.predictionType]
    // A checkpoint by itself has the hash of its files, which `run.json` and `lunette model info` give too.
    if additions.isEmpty, settings.allSatisfy({ $0 == nil }) { return FileHash.sha256(of: path) }

    var lines = settings.map { ($0 ?? "") + "\n" }
    for part in [ModelPart(role: "checkpoint", path: path)] + additions {
      guard let hash = part.sha256 else { return nil }
      lines.append("\(part.role) \(hash)\n")
    }
    return SHA256(Array(lines.joined().utf8)).description
  }
}
