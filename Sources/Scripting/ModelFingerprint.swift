import Diffusion

extension Checkpoint {
  /// The hash of everything that decides what the model draws: its files and, where there are any, those it was opened with and
  /// how; nil where one of them cannot be read.
  func fingerprint() -> String? {
    var parts: [(name: String, path: String)] = [("checkpoint", path)]
    if let vae = options.vae { parts.append(("vae", vae)) }
    for lora in options.loras { parts.append(("lora \(lora.scale)", lora.path)) }
    for embedding in options.embeddings { parts.append(("embedding \(embedding.token)", embedding.path)) }
    if let configs = options.configs { parts.append(("configs", configs)) }
    if let tokenizer = options.tokenizer { parts.append(("tokenizer", tokenizer)) }
    let settings = [options.variant, options.predictionType]
    // A checkpoint by itself has the hash of its files, which `run.json` and `lunette model info` give too.
    if parts.count == 1, settings.allSatisfy({ $0 == nil }) { return FileHash.sha256(of: path) }

    var lines = settings.map { ($0 ?? "") + "\n" }
    for part in parts {
      guard let hash = FileHash.sha256(of: part.path) else { return nil }
      lines.append("\(part.name) \(hash)\n")
    }
    return FileHash.sha256(Array(lines.joined().utf8))
  }
}
