import Tensor

/// Turns the conditions of a request into embeddings; each text is encoded once.
struct PromptEncoder {
  let pipeline: Pipeline
  let context: RunContext
  let samples: Int
  /// The last step that will be taken.
  let steps: Int
  /// The tokens of each picture's prompt.
  private(set) var tokens: [Tokenization?]
  private(set) var warnings: [String] = []

  init(pipeline: Pipeline, context: RunContext, samples: Int, steps: Int) {
    self.pipeline = pipeline
    self.context = context
    self.samples = samples
    self.steps = steps
    tokens = Array(repeating: nil, count: samples)
  }

  mutating func encode(_ condition: GenerateRequest.Condition, isConditional: Bool) throws -> Conditioning {
    let name = isConditional ? "embedding" : "uncond"
    let embeddings: [Tensor] =
      switch condition {
      case .texts(let texts): [try encode(texts, isConditional: isConditional)]
      case .embedding(let embedding): [embedding]
      case .embeddings(let list): list
      }
    return try Conditioning(
      embeddings, name: name, width: pipeline.unet.embeddingWidth, samples: samples, steps: steps)
  }

  /// {tokens, d} for one text, {pictures, tokens, d} for several.
  private mutating func encode(_ texts: [String], isConditional: Bool) throws -> Tensor {
    var distinct: [String] = []
    var firstSamples: [Int] = []
    for (sample, text) in texts.enumerated() where !distinct.contains(text) {
      distinct.append(text)
      firstSamples.append(sample)
    }
    let tokenized = try distinct.map { try pipeline.tokenize($0) }
    for (text, tokenization) in zip(distinct, tokenized) {
      guard let cut = tokenization.truncated else { continue }
      let what = isConditional ? "prompt" : "negative prompt"
      warnings.append(
        "\(what) '\(text.prefix(40))…' has more than \(tokenization.ids.count) tokens; cut off: '\(cut)'")
    }
    context.rows = firstSamples.map { Row(sample: $0, isConditional: isConditional) }
    let encoded = try pipeline.textEncoder(ids: tokenized.map(\.ids), context: context)
    if isConditional {
      for sample in 0..<samples {
        tokens[sample] = tokenized[distinct.firstIndex(of: texts.cycled(sample)) ?? 0]
      }
    }
    if texts.count == 1 { return try encoded.selected(0, 0) }
    if distinct.count == texts.count { return encoded }
    let rows = try texts.map { try encoded.selected(0, distinct.firstIndex(of: $0) ?? 0) }
    return try Tensor.stacked(rows, dim: 0)
  }
}
