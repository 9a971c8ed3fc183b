/// The tokenizer of CLIP: prompts to token ids of fixed length and back.
///
/// Radford et al. 2021, "Learning Transferable Visual Models From Natural Language Supervision".
public final class Tokenizer: TextTokenizer, Sendable {
  public let maximumLength: Int
  /// Ids of the tokens that start a text, end it and fill it up.
  public let end, pad: Int
  public var begin: Int? { start }
  private let start: Int

  private let encoding: BytePairEncoding
  private let special: Set<String>
  private let finder: WholeTokenFinder
  private let texts: [Int: String]

  /// A word that the vocabulary lacks, and the ids that stand for it.
  public struct AddedToken: Sendable {
    public let text: String
    public let ids: Range<Int>

    public init(text: String, ids: Range<Int>) {
      self.text = text
      self.ids = ids
    }
  }

  /// Reads `tokenizer.json`, or `vocab.json` and `merges.txt`, with their configs.
  ///
  /// - Parameter added: words with ids beyond those of the vocabulary
  public init(directory: String, added: [AddedToken] = []) throws {
    let files = try TokenizerFiles(directory: directory)
    func id(_ token: String) throws -> Int {
      guard let id = files.vocabulary[token] else {
        throw PipelineError("\(directory): the special token '\(token)' is not in the vocabulary")
      }
      return id
    }
    maximumLength = files.length
    start = try id(files.begin)
    end = try id(files.end)
    pad = try id(files.pad)
    encoding = BytePairEncoding(
      vocabulary: files.vocabulary, merges: files.merges, unknown: try id(files.unknown))
    special = Set(files.special.map(\.content))
    var texts = Dictionary(files.vocabulary.map { ($1, $0) }, uniquingKeysWith: min)
    for token in added {
      let known = String(token.text.utf8.map { ByteAlphabet.letters[Int($0)] })
      guard files.vocabulary[token.text] == nil, files.vocabulary[known] == nil else {
        throw PipelineError(
          "\(directory): '\(token.text)' is in the tokenizer's vocabulary already: an embedding needs another word",
          cause: .tokenTaken)
      }
      let letters = String(token.text.utf8.map { ByteAlphabet.letters[Int($0)] })
      for id in token.ids {
        texts[id] = id == token.ids.lowerBound ? letters + BytePairEncoding.endOfWord : ""
      }
    }
    self.texts = texts
    finder = WholeTokenFinder(
      try Self.entries(files.special, id)
        // As the prompt's other words, whatever their case.
        + added.map { .init(text: $0.text, ids: $0.ids, isWord: true, isNormalized: true) })
  }

  /// Whether every id stands for the same text in both.
  public func hasVocabulary(of other: Tokenizer) -> Bool {
    texts == other.texts && start == other.start && end == other.end
  }

  /// One more than the largest id.
  public var vocabularySize: Int { (texts.keys.max() ?? -1) + 1 }

  /// The text with start and end token, cut or padded to `maximumLength`.
  ///
  /// A word is what the tokenizer never merges across: a run of letters, one digit, a contraction (`'s`), or a run
  /// of other signs.
  public func tokenize(_ text: String) -> Tokenization {
    let content = pieces(of: text)
    let kept = content.prefix(maximumLength - 2)
    let ids = [start] + kept.map(\.id) + [end]
    let words = [nil] + kept.map(\.word) + [nil]
    let tokens = zip(ids, words).enumerated().map { position, token in
      Token(id: token.0, text: self.text(of: token.0), word: token.1, position: position)
    }
    return Tokenization(
      tokens: tokens,
      ids: ids + Array(repeating: pad, count: maximumLength - ids.count),
      words: self.words(kept),
      truncated: kept.count == content.count ? nil : detokenize(content.dropFirst(kept.count).map(\.id)))
  }

  public func contentTokens(of text: String) -> [Token] {
    pieces(of: text).enumerated().map { position, token in
      Token(id: token.id, text: self.text(of: token.id), word: token.word, position: position)
    }
  }

  /// The text of each word, from the bytes of its tokens: one letter may be cut across two.
  private func words(_ tokens: some Sequence<(id: Int, word: Int?)>) -> [String] {
    var ids: [[Int]] = []
    for token in tokens {
      guard let word = token.word else { continue }
      if word > ids.count { ids.append([]) }
      ids[word - 1].append(token.id)
    }
    return ids.map(detokenize)
  }

  /// The text of tokens; start and end tokens and padding at the end are left out, ids that do not exist too.
  public func detokenize(_ ids: [Int]) -> String {
    let content = ids.prefix((ids.lastIndex { $0 != pad } ?? -1) + 1)
    var bytes: [UInt8] = []
    for id in content where id != start && id != end {
      guard let symbols = texts[id] else { continue }
      if symbols.hasSuffix(BytePairEncoding.endOfWord) {
        bytes += ByteAlphabet.decode(symbols.dropLast(BytePairEncoding.endOfWord.count)) + [UInt8(ascii: " ")]
      } else {
        bytes += ByteAlphabet.decode(symbols)
      }
    }
    if bytes.last == UInt8(ascii: " ") { bytes.removeLast() }
    return String(decoding: bytes, as: UTF8.self)
  }

  private func text(of id: Int) -> String {
    guard let symbols = texts[id] else { return "" }
    if special.contains(symbols) { return symbols }
    let letters = symbols.hasSuffix(BytePairEncoding.endOfWord) ? symbols.dropLast(4) : symbols[...]
    return String(decoding: ByteAlphabet.decode(letters), as: UTF8.self)
  }

  /// Ids and word numbers without start and end token.
  private func pieces(of prompt: String) -> [(id: Int, word: Int?)] {
    var tokens: [(id: Int, word: Int?)] = []
    var word = 0
    for part in finder.parts(of: prompt) {
      switch part {
      case .token(let token):
        if token.isWord { word += 1 }
        tokens += token.ids.map { ($0, token.isWord ? word : nil) }
      case .text(let text):
        for piece in PromptSplitter.words(of: text) {
          word += 1
          tokens += encoding.encode(piece).map { ($0, word) }
        }
      }
    }
    return tokens
  }

  /// Special ones before those that are not, and each by id: as the reference orders what it cannot tell apart.
  private static func entries(
    _ tokens: [SpecialTokens.Mention], _ id: (String) throws -> Int
  ) throws -> [WholeTokenFinder.Entry] {
    try tokens.map { (isLate: !$0.isSpecial, id: try id($0.content), token: $0) }
      .sorted { ($0.isLate ? 1 : 0, $0.id) < ($1.isLate ? 1 : 0, $1.id) }
      .map { _, id, token in
        .init(
          text: token.content, ids: id..<id + 1, isNormalized: token.normalized == true,
          stripsLeft: token.leftStrip, stripsRight: token.rightStrip)
      }
  }
}
