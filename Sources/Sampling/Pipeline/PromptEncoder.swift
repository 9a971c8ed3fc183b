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
  /// The numbers on the picture's size, in models that take them.
  var sizes: Tensor?
  /// The weight of guidance, in models that are told of it.
  var guidance: Tensor?
  /// Chunks of the longest text.
  private var chunks = 1
  /// The tokens of each picture's prompt.
  private(set) var tokens: [Tokenization?]
  private(set) var warnings: [Complaint] = []

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

  /// Both halves of guidance, or the conditional one.
  mutating func text(_ request: GenerateRequest, isGuided: Bool) throws -> GuidedText {
    // An absent negative prompt may be no text at all.
    let negative = request.negative ?? (pipeline.zerosAbsentNegative ? nil : .texts([""]))
    try align([request.prompt] + (isGuided ? [negative].compactMap(\.self) : []))
    let conditional = try encode(request.prompt, pooled: request.pooled, isConditional: true)
    guard isGuided else {
      return GuidedText(try conditioning(conditional, isConditional: true), nil)
    }
    let unconditional: [TextConditioning]
    if let negative {
      unconditional = try encode(negative, pooled: request.negativePooled, isConditional: false)
    } else {
      unconditional = try conditional.prefix(1).map { try $0.map { try .zeros($0.shape) } }
    }
    return GuidedText(
      try conditioning(conditional, isConditional: true),
      try conditioning(unconditional, isConditional: false))
  }

  private func conditioning(_ entries: [TextConditioning], isConditional: Bool) throws -> Conditioning {
    try Conditioning(
      entries.map { entry in
        var entry = entry
        entry.extra[TextConditioning.sizes] = sizes
        entry.extra[TextConditioning.guidance] = guidance
        return entry
      }, setting: isConditional ? .embedding : .unconditional, shape: Conditioning.TextShape(pipeline.unet),
      samples: samples, steps: steps, schedule: schedule)
  }

  private mutating func encode(
    _ condition: GenerateRequest.Condition, pooled: [Tensor], isConditional: Bool
  ) throws -> [TextConditioning] {
    let embeddings: [Tensor]
    switch condition {
    case .texts(let texts):
      guard pooled.isEmpty else {
        let (pooled, embedding): (Setting, Setting) =
          isConditional ? (.pooled, .embedding) : (.unconditionalPooled, .unconditional)
        throw PipelineError("\(pooled) goes only together with \(embedding)")
      }
      return [try encode(texts, isConditional: isConditional)]
    case .embedding(let embedding): embeddings = [embedding]
    case .embeddings(let list): embeddings = list
    }
    guard pooled.count > 1 else {
      return embeddings.map { TextConditioning(tokens: $0, pooled: pooled.first) }
    }
    guard embeddings.count == 1 || embeddings.count == pooled.count else {
      let setting: Setting = isConditional ? .embedding : .unconditional
      throw PipelineError(
        "\(setting) has \(embeddings.count) entries and its pooled text \(pooled.count)")
    }
    return pooled.indices.map { TextConditioning(tokens: embeddings.cycled($0), pooled: pooled[$0]) }
  }

  /// Tokens {n, d} and pooled {p} for one text, {pictures, n, d} and {pictures, p} for several.
  private mutating func encode(_ texts: [String], isConditional: Bool) throws -> TextConditioning {
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
    let rows = try pipeline.textEncoder.conditioning(ids: tokenized.flatMap(\.chunks), context: context)
    // What is one for a whole text is that of its first chunk.
    let firsts = tokenized.indices.map { $0 * chunks }
    var encoded = try rows.map { part in try .stacked(firsts.map { try part.selected(0, $0) }, dim: 0) }
    encoded.tokens = try .stacked(
      tokenized.enumerated().map { index, tokens in
        try tokens.embedding(rows.tokens.narrowed(0, start: index * chunks, length: chunks))
      }, dim: 0)
    if isConditional {
      for sample in 0..<samples {
        tokens[sample] = tokenized[distinct.firstIndex(of: texts.cycled(sample)) ?? 0].tokenization
      }
    }
    if texts.count == 1 { return try encoded.map { try $0.selected(0, 0) } }
    if distinct.count == texts.count { return encoded }
    return try encoded.map { part in
      try .stacked(texts.map { try part.selected(0, distinct.firstIndex(of: $0) ?? 0) }, dim: 0)
    }
  }
}
