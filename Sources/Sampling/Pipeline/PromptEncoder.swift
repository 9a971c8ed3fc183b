import Models
import Tensor

/// Turns the conditions of a request into embeddings; each text is encoded once.
struct PromptEncoder {
  let pipeline: Pipeline
  let context: RunContext
  let samples: Int
  /// The last step that will be taken, and the length of the schedule.
  let steps, schedule: Int
  let style: PromptStyle
  /// Chunks of the longest text.
  private var chunks = 1
  /// The tokens of each picture's prompt.
  private(set) var tokens: [Tokenization?]
  private(set) var warnings: [String] = []

  init(
    pipeline: Pipeline, context: RunContext, samples: Int, steps: Int, schedule: Int? = nil,
    style: PromptStyle = PromptStyle()
  ) {
    self.schedule = schedule ?? steps
    self.style = style
    self.pipeline = pipeline
    self.context = context
    self.samples = samples
    self.steps = steps
    tokens = Array(repeating: nil, count: samples)
  }

  /// Sees to it that all texts of these conditions become equally long embeddings.
  mutating func align(_ conditions: [GenerateRequest.Condition]) throws {
    guard style.chunks else { return }
    for case .texts(let texts) in conditions {
      for text in texts { chunks = max(chunks, try tokens(of: text).chunks.count) }
    }
  }

  private func tokens(of text: String) throws -> PromptTokens {
    try PromptTokens(text, tokenizer: pipeline.tokenizer, style: style)
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
      embeddings, name: name, width: pipeline.unet.embeddingWidth, samples: samples, steps: steps,
      schedule: schedule)
  }

  /// {tokens, d} for one text, {pictures, tokens, d} for several.
  private mutating func encode(_ texts: [String], isConditional: Bool) throws -> Tensor {
    var distinct: [String] = []
    for text in texts where !distinct.contains(text) { distinct.append(text) }
    var tokenized = try distinct.map { try tokens(of: $0) }
    for index in tokenized.indices { tokenized[index].pad(toChunks: chunks, tokenizer: pipeline.tokenizer) }
    for (text, tokens) in zip(distinct, tokenized) {
      guard let cut = tokens.tokenization.truncated else { continue }
      let what = isConditional ? "prompt" : "negative prompt"
      warnings.append(
        "\(what) '\(text.prefix(40))…' has more than \(tokens.tokenization.ids.count) tokens; cut off: '\(cut)'"
      )
    }
    context.rows = zip(distinct, tokenized).flatMap { text, tokens in
      let users = (0..<samples).filter { texts.cycled($0) == text }
      return tokens.chunks.indices.map { chunk in
        Row(sample: users.first ?? 0, isConditional: isConditional, chunk: chunk, samples: users)
      }
    }
    context.input = isConditional ? .prompt : .negativePrompt
    defer { context.input = nil }
    let rows = try pipeline.textEncoder(ids: tokenized.flatMap(\.chunks), context: context)
    let encoded = try Tensor.stacked(
      tokenized.enumerated().map { index, tokens in
        try tokens.embedding(rows.narrowed(0, start: index * chunks, length: chunks))
      }, dim: 0)
    if isConditional {
      for sample in 0..<samples {
        tokens[sample] = tokenized[distinct.firstIndex(of: texts.cycled(sample)) ?? 0].tokenization
      }
    }
    if texts.count == 1 { return try encoded.selected(0, 0) }
    if distinct.count == texts.count { return encoded }
    return try Tensor.stacked(
      texts.map { try encoded.selected(0, distinct.firstIndex(of: $0) ?? 0) }, dim: 0)
  }
}
