import Encoding

/// The tokens that are found in a text before it is split into words, as all files of a tokenizer together say them.
///
/// Where they contradict each other it is as in transformers: `special_tokens_map.json` and `added_tokens.json` count only beside a
/// `tokenizer_config.json` without `added_tokens_decoder`, and what is said of an added token goes before what its names say.
/// White space next to a token is never a word of CLIP's, so that `lstrip` and `rstrip` change nothing.
struct SpecialTokens {
  /// What one place says of one token.
  struct Mention: Equatable {
    let content: String
    /// Whether it is looked for after the text was lowered, where that is said.
    var normalized: Bool?
    var isSpecial = true
    /// Nothing but its text is given.
    var isText = false
    var leftStrip = false
    var rightStrip = false

    /// What is not said is as the token is special or not.
    func isCaseless(isNamed: Bool) -> Bool { normalized ?? !(isSpecial || isNamed) }
  }

  static let names = [
    "bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token",
  ]

  /// What CLIP's tokenizer has where no file says it.
  private static let defaults: [String: Mention] = {
    let end = Mention(content: "<|endoftext|>", isText: true)
    return [
      "bos_token": Mention(content: "<|startoftext|>", isText: true), "eos_token": end, "unk_token": end,
      "pad_token": end,
    ]
  }()

  private var stated: [String: Mention] = [:]
  private var named: [String: Mention] { Self.defaults.merging(stated) { $1 } }
  private var listed: [Mention] = []
  private var added: [String: Mention] = [:]
  private var mentioned: [String: Mention] = [:]

  /// The token that has a name, such as `bos_token`; empty if there is none.
  subscript(name: String) -> String { named[name]?.content ?? "" }

  mutating func set(_ name: String, _ mention: Mention) { stated[name] = mention }

  /// A token without a name.
  mutating func list(_ mention: Mention) { listed.append(mention) }

  /// A token with an id of its own; what is said of it later counts.
  mutating func add(_ mention: Mention) { added[mention.content] = mention }

  /// As `add`, where whatever else is said of the token goes before it.
  mutating func mention(_ mention: Mention) { mentioned[mention.content] = mention }

  /// All of them, each once.
  var contents: Set<String> {
    Set(added.keys).union(mentioned.keys).union((named.values + listed).map(\.content))
  }

  /// Those that some file names, or lists as special.
  var statedContents: Set<String> { Set((stated.values + listed).map(\.content)) }

  /// Those of them that are found whatever their case.
  ///
  /// Of mentions that contradict each other the last one counts, and one that was there before in every word is none.
  var caseless: Set<String> {
    var last = mentioned
    var seen: [Mention] = []
    for mention in Self.names.compactMap({ named[$0] }) + listed where !seen.contains(mention) {
      seen.append(mention)
      last[mention.content] = mention
    }
    last.merge(added) { $1 }
    let names = Set(named.values.map(\.content))
    return Set(last.values.filter { $0.isCaseless(isNamed: names.contains($0.content)) }.map(\.content))
  }
}
