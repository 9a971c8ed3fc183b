import Encoding

/// The tokens that are found in a text before it is split into words, as all files of a tokenizer together say them.
///
/// Where they contradict each other it is as in transformers: `special_tokens_map.json` and `added_tokens.json` count only beside a
/// `tokenizer_config.json` without `added_tokens_decoder`, and what is said of an added token goes before what its names say.
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
    /// Whether `special_tokens_map.json` says it.
    var isFromMap = false

    /// What is not said is as the token is special or not.
    func isNormalized(isNamed: Bool) -> Bool { normalized ?? !(isSpecial || isNamed) }

    /// Whether both say the same, wherever they stand.
    static func == (one: Mention, other: Mention) -> Bool {
      one.content == other.content && one.isText == other.isText && one.isSpecial == other.isSpecial
        && one.leftStrip == other.leftStrip && one.rightStrip == other.rightStrip
        && one.isNormalized(isNamed: false) == other.isNormalized(isNamed: false)
    }
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
  /// Tokens without a name, under the two names that their list has had: the older counts only where the newer is not there.
  private var extra: [Mention]?
  private var additional: [Mention] = []
  private var others: [Mention] = []
  private var listed: [Mention] { (extra ?? additional) + others }
  private var added: [String: Mention] = [:]
  private var mentioned: [String: Mention] = [:]

  /// The token that has a name, such as `bos_token`; empty if there is none.
  subscript(name: String) -> String { named[name]?.content ?? "" }

  mutating func set(_ name: String, _ mention: Mention) { stated[name] = mention }

  /// The lists of one file, where it has them.
  mutating func list(extra: [Mention]?, additional: [Mention]?, others: [Mention], isMap: Bool) {
    self.others += others
    if let additional { self.additional = additional }
    if isMap {
      if let extra { self.extra = (self.extra ?? []) + extra }
    } else {
      // An empty list is as none there.
      self.extra = extra.flatMap { $0.isEmpty ? nil : $0 } ?? additional ?? extra
    }
  }

  /// A token with an id of its own; what is said of it later counts.
  mutating func add(_ mention: Mention) { added[mention.content] = mention }

  /// As `add`, where whatever else is said of the token goes before it.
  mutating func mention(_ mention: Mention) { mentioned[mention.content] = mention }

  /// Those that are special where `added_tokens.json` says no more of them than their ids: transformers looks at texts and
  /// at what `special_tokens_map.json` says, and not into the tables of `tokenizer_config.json`.
  var plainContents: Set<String> {
    Set((Array(stated.values) + (extra ?? [])).filter { $0.isText || $0.isFromMap }.map(\.content))
  }

  /// What counts of each token, with `isSpecial` and `normalized` decided.
  ///
  /// Of mentions that contradict each other the last one counts, and one that was there before in every word is none.
  var resolved: [Mention] {
    var last = mentioned
    var seen: [Mention] = []
    for mention in Self.names.compactMap({ named[$0] }) + listed where !seen.contains(mention) {
      seen.append(mention)
      last[mention.content] = mention
    }
    last.merge(added) { $1 }
    let names = Set(named.values.map(\.content))
    return last.values.map { mention in
      var mention = mention
      let isNamed = names.contains(mention.content)
      mention.normalized = mention.isNormalized(isNamed: isNamed)
      mention.isSpecial = mention.isSpecial || isNamed
      return mention
    }
  }
}
