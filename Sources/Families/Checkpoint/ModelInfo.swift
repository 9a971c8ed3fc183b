import Models

/// What a checkpoint consists of, from its configs and the headers of its weight files; no weights are read.
public struct ModelInfo: Sendable {
  public struct Component: Sendable {
    public let name: String
    public let className: String
    /// Number of weights.
    public let parameters: Int
    /// Bytes on disk.
    public let bytes: Int
    /// Number formats with the number of weights in each, the most frequent first: `F16`.
    public let types: [(name: String, parameters: Int)]
    /// What can be said of it in a few words, as names and values.
    public let details: [(name: String, value: String)]
    /// Tensors that the config asks for and the file lacks or has in another shape, one line each.
    public let missing: [String]
    /// Tensors that nothing uses.
    public let unused: [String]
  }

  /// The directory, or the file.
  public let path: String
  public let pipelineClass: String
  public let components: [Component]
  /// `epsilon`, `v_prediction` or `sample`.
  public let predictionType: String
  public let schedulerClass: String?

  public var parameters: Int { components.reduce(0) { $0 + $1.parameters } }
  public var bytes: Int { components.reduce(0) { $0 + $1.bytes } }
}

extension Checkpoint {
  /// - Throws: if a config or the header of a weight file cannot be read.
  public func info() throws -> ModelInfo {
    let sources = components.filter { $0.task != .scheduler } + (clipSource.map { [$0] } ?? [])
    let schedulerSource = components.first { $0.task == .scheduler }
    let scheduler = try schedulerSource?.configuration()
    return ModelInfo(
      path: path, pipelineClass: pipelineClass, components: try sources.map(describe),
      predictionType: try options.predictionType
        ?? scheduler?.string("prediction_type", default: "epsilon") ?? "epsilon",
      schedulerClass: scheduler?.className ?? schedulerSource?.className)
  }

  private func describe(_ source: ComponentSource) throws -> ModelInfo.Component {
    if source.task == .tokenizer, case .tokenizer(let tokenizer) = try load(source).component {
      return ModelInfo.Component(
        name: source.name, className: source.className, parameters: 0, bytes: 0, types: [],
        details: [
          ("vocabulary", "\(tokenizer.vocabularySize)"), ("tokens", "\(tokenizer.maximumLength)"),
        ],
        missing: [], unused: [])
    }
    let weights = try source.plain().weights()
    let entries = weights.entries
    let probe = source.task == .clip ? nil : try load(source, probing: true).probe
    var counts: [String: Int] = [:]
    for entry in entries { counts[entry.type.name, default: 0] += entry.count }
    return ModelInfo.Component(
      name: source.name, className: source.className, parameters: entries.reduce(0) { $0 + $1.count },
      bytes: entries.reduce(0) { $0 + $1.bytes.count },
      types: counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { ($0.key, $0.value) },
      details: try details(source.configuration()), missing: probe?.faults ?? [],
      unused: Self.unused(probe, of: source))
  }

  /// The settings that tell models apart, as far as a config has them.
  private func details(_ configuration: Configuration) -> [(name: String, value: String)] {
    let settings = [
      ("sample_size", "size"), ("block_out_channels", "channels"), ("cross_attention_dim", "text width"),
      ("latent_channels", "latent channels"), ("scaling_factor", "scaling"), ("hidden_size", "width"),
      ("num_hidden_layers", "layers"), ("projection_dim", "features"),
    ]
    return settings.compactMap { key, name in
      configuration.json[key].map { value in
        (name, value.array?.map(\.description).joined(separator: ", ") ?? value.description)
      }
    }
  }
}
