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
  var special: [SpecialTokens.Mention] = []
  var begin: String { tokens["bos_token"] }
  var end: String { tokens["eos_token"] }
  var unknown: String { tokens["unk_token"] }
  var pad: String { tokens["pad_token"] }
  var length = 77

  private let directory: String
  private var tokens = SpecialTokens()

  init(directory: String) throws {
    self.directory = directory
    let whole = exists("tokenizer.json") ? try configuration("tokenizer.json") : nil
    if let whole { try readModel(whole) } else { try readVocabulary() }
    let settings = try configuration("tokenizer_config.json")
    let isComplete = settings?.has("added_tokens_decoder") ?? false
    if isComplete, let whole { try readAdded(whole, isComplete: true) }
    if let settings { try read(settings, isMap: false) }
    if !isComplete {
      if let map = try configuration("special_tokens_map.json") { try read(map, isMap: true) }
      if let added = try configuration("added_tokens.json") { try read(added: added) }
      if let whole { try readAdded(whole, isComplete: false) }
    }
    special = tokens.resolved.sorted { $0.content < $1.content }
    for token in special where vocabulary[token.content] == nil {
      throw PipelineError("\(directory): the special token '\(token.content)' is not in the vocabulary")
    }
  }

  private func exists(_ name: String) -> Bool { access("\(directory)/\(name)", F_OK) == 0 }

  private func configuration(_ name: String) throws -> Configuration? {
    exists(name) ? try Configuration(file: "\(directory)/\(name)") : nil
  }

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

  private mutating func readModel(_ configuration: Configuration) throws {
    let (json, path) = (configuration.json, configuration.path)
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
    if let token = model["unk_token"]?.string { tokens.set("unk_token", .init(content: token, isText: true)) }
  }

  /// - Parameter isComplete: the config beside it says which tokens are added
  private mutating func readAdded(_ configuration: Configuration, isComplete: Bool) throws {
    let path = configuration.path
    for token in configuration.json["added_tokens"]?.array ?? [] {
      guard let id = token["id"]?.int else {
        throw PipelineError("\(path): an added token without id: \(token)")
      }
      let mention = try TokenizerSettings.mention(token, "\(path): added_tokens", isSpecial: false)
      try number(mention.content, id, "\(path): added_tokens")
      if isComplete { tokens.mention(mention) } else { tokens.add(mention) }
    }
  }

  private static let lists = ["additional_special_tokens", "extra_special_tokens"]

  // MARK: tokenizer_config.json, special_tokens_map.json and added_tokens.json

  private mutating func read(_ json: Configuration, isMap: Bool) throws {
    try TokenizerSettings.check(json)
    // Texts are special, and so is whatever the map holds; tables elsewhere are what they say, until a name makes them special.
    func mention(_ token: JSON, _ key: String) throws -> SpecialTokens.Mention {
      var mention = try TokenizerSettings.mention(
        token, "\(json.path): \(key)", isSpecial: token.string != nil)
      mention.isFromMap = isMap
      if isMap, key != "additional_special_tokens" { mention.isSpecial = true }
      return mention
    }
    for name in SpecialTokens.names {
      if let token = json.json[name] { tokens.set(name, try mention(token, name)) }
    }
    func list(_ key: String) throws -> [SpecialTokens.Mention]? {
      try json.json[key]?.array?.map { try mention($0, key) }
    }
    let others = try Self.lists.flatMap { key in
      try (json.json[key]?.object?.values.map { $0 } ?? []).map { try mention($0, key) }
    }
    tokens.list(
      extra: try list("extra_special_tokens"), additional: try list("additional_special_tokens"),
      others: others,
      isMap: isMap)
    let key = "added_tokens_decoder"
    for (name, value) in (json.json[key]?.object ?? JSON.Object()).members {
      guard let id = Int(name) else { throw PipelineError("\(json.path): \(key): '\(name)' is not an id") }
      let mention = try TokenizerSettings.mention(value, "\(json.path): \(key)", isSpecial: false)
      try number(mention.content, id, "\(json.path): \(key)")
      tokens.add(mention)
    }
    // Tokenizers without a limit say 10³⁰: not an int here, so the default stands.
    if let length = json.json["model_max_length"]?.int, length < 1 << 20 {
      guard length >= 2 else { throw PipelineError("\(json.path): model_max_length is \(length)") }
      self.length = length
    }
  }

  /// Tokens and their ids, in tokenizers from before `added_tokens_decoder`. Those that no other file calls special are looked
  /// for after the text was lowered.
  private mutating func read(added json: Configuration) throws {
    let special = tokens.plainContents
    for (content, value) in (json.json.object ?? JSON.Object()).members {
      guard let id = value.int else {
        throw PipelineError("\(json.path): the id of '\(content)' is \(value)")
      }
      try number(content, id, json.path)
      let isSpecial = special.contains(content)
      tokens.add(.init(content: content, normalized: !isSpecial, isSpecial: isSpecial))
    }
  }

  /// Gives an added token its id.
  private mutating func number(_ content: String, _ id: Int, _ place: String) throws {
    guard !content.isEmpty, TokenizerFiles.ids.contains(id) else {
      throw PipelineError("\(place): the id of '\(content)' is \(id)")
    }
    guard vocabulary[content, default: id] == id else {
      throw PipelineError(
        "\(place): the token '\(content)' is \(vocabulary[content] ?? 0) in the vocabulary, not \(id)")
    }
    vocabulary[content] = id
  }
}
