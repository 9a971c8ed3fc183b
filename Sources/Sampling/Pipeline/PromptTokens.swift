import Models
import Tensor

/// How texts become tokens.
struct PromptStyle {
  /// Go on in further chunks where a text is too long for one.
  var chunks = false
  /// Read weights in brackets.
  var weighs = false
}

/// A text cut into chunks of the text encoder's length, each with its own start and end.
struct PromptTokens {
  /// Ids of each chunk, padded.
  private(set) var chunks: [[Int]]
  /// What each position counts, over all chunks; nil if all count 1.
  private(set) var weights: [Float]?
  /// The tokens of the text with their positions in all chunks together.
  let tokenization: Tokenization

  init(_ text: String, tokenizer: any TextTokenizer, style: PromptStyle) throws {
    guard style.chunks || style.weighs else {
      tokenization = try tokenizer.tokenize(text)
      chunks = [tokenization.ids]
      return
    }
    let pieces = style.weighs ? WeightedText.pieces(of: text) : [WeightedText(text: text, weight: 1)]
    let begin = [tokenizer.begin].compactMap(\.self)
    let length = tokenizer.maximumLength - begin.count - 1
    var content: [(token: Token, weight: Float)] = []
    var words = 0
    for piece in pieces {
      let tokens = try tokenizer.contentTokens(of: piece.text)
      content += tokens.map { token in
        (
          Token(id: token.id, text: token.text, word: token.word.map { $0 + words }, position: 0),
          piece.weight
        )
      }
      words += tokens.compactMap(\.word).max() ?? 0
    }
    let kept = style.chunks ? content[...] : content.prefix(length)
    var tokens: [Token] = []
    var weights: [Float] = []
    chunks = []
    for start in stride(from: 0, to: max(kept.count, 1), by: length) {
      let part = kept[start..<min(start + length, kept.count)]
      let base = chunks.count * tokenizer.maximumLength
      let ids = begin + part.map(\.token.id) + [tokenizer.end]
      tokens += begin.map { Token(id: $0, text: "", word: nil, position: base) }
      tokens += part.enumerated().map { index, entry in
        Token(
          id: entry.token.id, text: entry.token.text, word: entry.token.word,
          position: base + begin.count + index)
      }
      tokens.append(Token(id: tokenizer.end, text: "", word: nil, position: base + ids.count - 1))
      let padding = tokenizer.maximumLength - ids.count
      chunks.append(ids + Array(repeating: tokenizer.pad, count: padding))
      weights += begin.map { _ in 1 } + part.map(\.weight) + Array(repeating: 1, count: padding + 1)
    }
    self.weights = weights.allSatisfy { $0 == 1 } ? nil : weights
    tokenization = Tokenization(
      tokens: tokens, ids: chunks.flatMap(\.self), words: try Self.words(tokens, tokenizer),
      truncated: kept.count == content.count
        ? nil : try tokenizer.detokenize(content.dropFirst(kept.count).map(\.token.id)))
  }

  private static func words(_ tokens: [Token], _ tokenizer: any TextTokenizer) throws -> [String] {
    var ids: [[Int]] = []
    for token in tokens {
      guard let word = token.word else { continue }
      while ids.count < word { ids.append([]) }
      ids[word - 1].append(token.id)
    }
    return try ids.map { try tokenizer.detokenize($0) }
  }

  /// Adds chunks of an empty text, so that embeddings of several texts are equally long.
  mutating func pad(toChunks count: Int, tokenizer: any TextTokenizer) {
    while chunks.count < count {
      let empty = [tokenizer.begin, tokenizer.end].compactMap(\.self)
      let padding = tokenizer.maximumLength - empty.count
      chunks.append(empty + Array(repeating: tokenizer.pad, count: padding))
      weights? += Array(repeating: 1, count: tokenizer.maximumLength)
    }
  }

  /// The embedding of the chunks, {tokens, d}: each chunk's weighted by its tokens and brought back to its mean.
  ///
  /// - Parameter encoded: of the chunks, {chunks, tokens, d}
  func embedding(_ encoded: Tensor) throws -> Tensor {
    let (count, length, width) = (encoded.shape[0], encoded.shape[1], encoded.shape[2])
    guard let weights else { return try encoded.reshaped([count * length, width]) }
    let weighted = try encoded.multiplying(Tensor(weights, shape: [count, length, 1]))
    let ratio = try encoded.mean(dims: [1, 2], keepDim: true).dividing(
      weighted.mean(dims: [1, 2], keepDim: true))
    return try weighted.multiplying(ratio).reshaped([count * length, width])
  }
}
