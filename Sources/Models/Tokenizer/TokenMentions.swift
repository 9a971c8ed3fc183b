import Encoding

/// Whether special tokens are looked for before or after a text is lowered (`normalized`), as their mentions in the configs
/// say. One token may be mentioned several times, as end and as padding.
struct TokenMentions {
  private static let keys = [
    "bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token",
  ]

  private var found: [String: (content: String, isCaseless: Bool)] = [:]

  mutating func read(_ json: JSON) {
    for key in Self.keys {
      guard let token = json[key], let content = token.string ?? token["content"]?.string else { continue }
      // A bare text is looked for as it stands.
      found[key] = (content, token["normalized"]?.bool ?? false)
    }
  }

  /// Of mentions that contradict each other, transformers takes the second kind: equal ones count once, the last of those
  /// that are left wins.
  var caseless: Set<String> {
    var first: [String: Bool] = [:]
    var last: [String: Bool] = [:]
    for key in Self.keys {
      guard let (content, isCaseless) = found[key] else { continue }
      if first[content] == nil { first[content] = isCaseless }
      if isCaseless != first[content] || last[content] == nil { last[content] = isCaseless }
    }
    return Set(last.filter(\.value).keys)
  }
}
