/// Finds the tokens that stand as a whole in a text, before it is split into words.
///
/// In two rounds, as the reference does it: first those that are looked for in the text as it stands, then the others in each piece that is
/// left, once that is in normal form, lower case and single spaces. In both the leftmost is taken, and the longest of those that start
/// at one place. Letters are compared as Unicode scalars: an accent after a token does not hide it.
struct WholeTokenFinder: Sendable {
  /// A token, and what it stands for.
  struct Entry: Sendable {
    let text: String
    let ids: Range<Int>
    /// Whether it is a word of the prompt (an embedding's name), rather than a sign of the tokenizer's own.
    var isWord = false
    /// Whether it is looked for in the second round.
    var isNormalized = false
    /// Whether it takes the white space on its left, and on its right, with it.
    var stripsLeft = false
    var stripsRight = false
  }

  enum Part {
    case text(String)
    case token(Entry)
  }

  private typealias Scalars = ArraySlice<Unicode.Scalar>
  private typealias Pattern = (scalars: [Unicode.Scalar], entry: Entry)
  /// By their first scalar, longest first; of equal ones the first of the entries counts.
  private let literal, normalized: [Unicode.Scalar: [Pattern]]

  init(_ entries: [Entry]) {
    literal = Self.patterns(entries.filter { !$0.isNormalized }) { Array($0.unicodeScalars) }
    normalized = Self.patterns(entries.filter(\.isNormalized)) {
      PromptSplitter.normalized($0, folding: true)
    }
  }

  private static func patterns(
    _ entries: [Entry], _ scalars: (String) -> [Unicode.Scalar]
  ) -> [Unicode.Scalar: [Pattern]] {
    var patterns: [Unicode.Scalar: [Pattern]] = [:]
    for entry in entries {
      let pattern = scalars(entry.text)
      if let first = pattern.first { patterns[first, default: []].append((pattern, entry)) }
    }
    // Sorting is stable.
    return patterns.mapValues { $0.sorted { $0.scalars.count > $1.scalars.count } }
  }

  /// The text in its parts, in order.
  func parts(of text: String) -> [Part] {
    Self.parts(of: Array(text.unicodeScalars)[...], literal).flatMap { part -> [Part] in
      guard case .text(let piece) = part, !normalized.isEmpty else { return [part] }
      return Self.parts(of: PromptSplitter.normalized(piece, folding: true)[...], normalized)
    }
  }

  private static func parts(of scalars: Scalars, _ patterns: [Unicode.Scalar: [Pattern]]) -> [Part] {
    var parts: [Part] = []
    /// Up to where the text is taken, and from where on tokens are looked for: a token may start in white space that another took.
    var taken = scalars.startIndex
    var position = scalars.startIndex
    while position < scalars.endIndex {
      let rest = scalars[position...]
      guard let found = patterns[scalars[position]]?.first(where: { rest.starts(with: $0.scalars) }) else {
        position += 1
        continue
      }
      var start = position
      position += found.scalars.count
      var end = position
      if found.entry.stripsLeft {
        while start > taken, scalars[start - 1].properties.isWhitespace { start -= 1 }
      }
      if found.entry.stripsRight {
        while end < scalars.endIndex, scalars[end].properties.isWhitespace { end += 1 }
      }
      if taken < start { parts.append(.text(String(scalars[taken..<start]))) }
      parts.append(.token(found.entry))
      taken = end
    }
    if taken < scalars.endIndex { parts.append(.text(String(scalars[taken...]))) }
    return parts
  }
}

extension String {
  fileprivate init(_ scalars: ArraySlice<Unicode.Scalar>) {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    self.init(view)
  }
}
