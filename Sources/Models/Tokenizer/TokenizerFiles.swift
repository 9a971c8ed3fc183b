import Encoding
import Glibc
import Neural
import Platform
import Weights

/// What a tokenizer's directory holds, in either of its two layouts: `tokenizer.json`, or `vocab.json` with
/// `merges.txt`; the special tokens and the length come from the configs beside them.
struct TokenizerFiles {
  /// Tokens and their ids, special ones included.
  var vocabulary: [String: Int] = [:]
  var merges: [(Substring, Substring)] = []
  /// Tokens that are found in a text before it is split.
  var special: [String] = []
  /// Those of them that are found whatever their case, as they are looked for after the text was lowered.
  var caseless: Set<String> = []
  var begin = "<|startoftext|>"
  var end = "<|endoftext|>"
  var unknown: String?
  var pad: String?
  var length = 77

  private let directory: String
  /// What the configs say of each special token; a later file goes before an earlier one.
  private var mentions = TokenMentions()
  /// Tokens of which `tokenizer.json` says it.
  private var stated: Set<String> = []

  init(directory: String) throws {
    self.directory = directory
    if exists("tokenizer.json") {
      try readJSON("\(directory)/tokenizer.json")
    } else {
      try readVocabulary()
    }
    for name in ["tokenizer_config.json", "special_tokens_map.json"] where exists(name) {
      try readConfiguration(Configuration(file: "\(directory)/\(name)"))
    }
    caseless.formUnion(mentions.caseless.filter { !stated.contains($0) })
    for token in [begin, end, unknown, pad].compactMap({ $0 }) {
      guard vocabulary[token] != nil, !token.isEmpty else {
        throw PipelineError("\(directory): the special token '\(token)' is not in the vocabulary")
      }
      if !special.contains(token) { special.append(token) }
    }
  }

  private func exists(_ name: String) -> Bool { access("\(directory)/\(name)", F_OK) == 0 }

  // MARK: vocab.json and merges.txt

  private mutating func readVocabulary() throws {
    guard exists("vocab.json") else {
      throw PipelineError("\(directory): no tokenizer (tokenizer.json, or vocab.json and merges.txt)")
    }
    let path = "\(directory)/merges.txt"
    guard exists("merges.txt") else {
      throw PipelineError("\(path): no such file; vocab.json is of no use without its merges")
    }
    vocabulary = try TokenizerFiles.vocabulary(
      try JSON(file: "\(directory)/vocab.json"), "\(directory)/vocab.json")
    guard let text = String(validating: try Self.bytes(path), as: UTF8.self) else {
      throw PipelineError("\(path): not UTF-8 text")
    }
    // Swift takes "\r\n" for one character, which is no "\n".
    let lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
    for (number, line) in lines.enumerated() {
      if line.isEmpty || number == 0 && line.hasPrefix("#version") { continue }
      merges.append(try TokenizerFiles.pair(line, "\(path): line \(number + 1)"))
    }
    guard !merges.isEmpty else { throw PipelineError("\(path): no merges") }
  }

  private static func bytes(_ path: String) throws -> [UInt8] {
    do { return try FileBytes.read(path) } catch { throw NeuralError(error) }
  }

  private static let ids = 0..<(1 << 24)

  private static func vocabulary(_ json: JSON, _ place: String) throws -> [String: Int] {
    guard let object = json.object else {
      throw PipelineError("\(place): expected an object, got \(json.kind)")
    }
    var vocabulary = [String: Int](minimumCapacity: object.count)
    for (token, id) in zip(object.keys, object.values) {
      guard let id = id.int, ids.contains(id) else {
        throw PipelineError("\(place): the id of '\(token)' is \(id)")
      }
      vocabulary[token] = id
    }
    return vocabulary
  }

  private static func pair(_ line: Substring, _ place: String) throws -> (Substring, Substring) {
    let parts = line.split(separator: " ")
    guard parts.count == 2 else { throw PipelineError("\(place): '\(line)' is not a pair of symbols") }
    return (parts[0], parts[1])
  }

  // MARK: tokenizer.json

  private mutating func readJSON(_ path: String) throws {
    let json = try JSON(file: path)
    guard let model = json["model"] else { throw PipelineError("\(path): no model") }
    if let type = model["type"]?.string, type != "BPE" {
      throw PipelineError("\(path): a tokenizer of type '\(type)', only BPE is known")
    }
    if let suffix = model["end_of_word_suffix"]?.string, suffix != BytePairEncoding.endOfWord {
      throw PipelineError("\(path): end_of_word_suffix '\(suffix)', only '</w>' is known")
    }
    try TokenizerSettings.check(json, path)
    guard let vocabulary = model["vocab"] else { throw PipelineError("\(path): no vocabulary") }
    guard let merges = model["merges"]?.array, !merges.isEmpty else {
      throw PipelineError("\(path): no merges")
    }
    self.vocabulary = try TokenizerFiles.vocabulary(vocabulary, "\(path): vocab")
    self.merges = try merges.enumerated().map { index, merge in
      let place = "\(path): merge \(index + 1)"
      if let line = merge.string { return try TokenizerFiles.pair(line[...], place) }
      guard let pair = merge.array, pair.count == 2, let left = pair[0].string, let right = pair[1].string
      else {
        throw PipelineError("\(place): \(merge) is not a pair of symbols")
      }
      return (left[...], right[...])
    }
    unknown = model["unk_token"]?.string
    for token in json["added_tokens"]?.array ?? [] {
      guard let content = token["content"]?.string, !content.isEmpty, let id = token["id"]?.int,
        TokenizerFiles.ids.contains(id)
      else { throw PipelineError("\(path): an added token without content or id: \(token)") }
      guard token["single_word"]?.bool != true else {
        throw PipelineError("\(path): the added token '\(content)' is a single_word, which is not supported")
      }
      self.vocabulary[content] = id
      special.append(content)
      stated.insert(content)
      if token["normalized"]?.bool == true { caseless.insert(content) }
    }
  }

  // MARK: tokenizer_config.json and special_tokens_map.json

  private mutating func readConfiguration(_ json: Configuration) throws {
    try TokenizerSettings.check(json)
    func token(_ key: String) -> String? { json.json[key]?.string ?? json.json[key]?["content"]?.string }
    begin = token("bos_token") ?? begin
    end = token("eos_token") ?? end
    unknown = token("unk_token") ?? unknown
    pad = token("pad_token") ?? pad
    mentions.read(json.json)
    for (content, id, isCaseless) in try TokenizerSettings.specialTokens(json) {
      if let id, id != vocabulary[content, default: id] {
        throw PipelineError(
          "\(json.path): added_tokens_decoder: the token '\(content)' is \(vocabulary[content] ?? 0) in the vocabulary, not \(id)"
        )
      }
      guard let place = id ?? vocabulary[content] else {
        throw PipelineError("\(json.path): the special token '\(content)' is not in the vocabulary")
      }
      vocabulary[content] = place
      if id != nil {
        stated.insert(content)
        if isCaseless { caseless.insert(content) }
      }
      if !special.contains(content) { special.append(content) }
    }
    // Tokenizers without a limit say 10³⁰: not an int here, so the default stands.
    if let length = json.json["model_max_length"]?.int, length < 1 << 20 {
      guard length >= 2 else { throw PipelineError("\(json.path): model_max_length is \(length)") }
      self.length = length
    }
  }
}
