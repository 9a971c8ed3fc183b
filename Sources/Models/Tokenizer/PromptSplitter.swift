@_spi(_Unicode) import Swift

/// The steps of CLIP's tokenizer before byte pairs: normal form, folded white space, lower case, and the cut into
/// words.
public enum PromptSplitter {
  /// The words of a text: contractions, runs of letters, single digits, runs of anything else but white space
  /// (`<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+`). The first two, where they are no
  /// special tokens as they stand, fall apart into letters and signs, but do not run together with their neighbours.
  public static func words(of text: String) -> [String] {
    let scalars = normalized(text)
    var words: [String] = []
    var position = 0
    while position < scalars.count {
      let kind = Kind(scalars[position])
      var end = position + 1
      if scalars[position] == "<",
        let mark = marks.first(where: { scalars[position...].starts(with: $0.joined()) })
      {
        words += mark.map { word in String(String.UnicodeScalarView(word)) }
        position += mark.joined().count
        continue
      }
      if let length = contraction(at: position, in: scalars) {
        end = position + length
      } else if kind == .letter || kind == .sign {
        while end < scalars.count, Kind(scalars[end]) == kind { end += 1 }
      }
      if kind != .space {
        var word = String.UnicodeScalarView()
        word.append(contentsOf: scalars[position..<end])
        words.append(String(word))
      }
      position = end
    }
    return words
  }

  private static let marks: [[[Unicode.Scalar]]] = ["startoftext", "endoftext"].map { name in
    ["<|", name, "|>"].map { Array($0.unicodeScalars) }
  }

  /// The text in normal form C and lower case, as the words of prompts are.
  public static func lowercased(_ text: String) -> String {
    var scalars = String.UnicodeScalarView()
    scalars.append(contentsOf: normalized(text))
    return String(scalars)
  }

  /// Where a text stands among the words of a prompt, as ranges of words: one after the other as the tokenizer would cut
  /// it, whatever its case, normal form and white space. The two small sigmas are one.
  ///
  /// - Parameter words: of a prompt, in order; an added word may be what the tokenizer would cut
  public static func places(of text: String, in words: [String]) -> [Range<Int>] {
    let wanted = folded(text)
    guard !wanted.isEmpty else { return [] }
    let cut = words.map(folded)
    return cut.indices.compactMap { first in
      var found: [String] = []
      var end = first
      while end < cut.count, found.count < wanted.count {
        found += cut[end]
        end += 1
      }
      return found == wanted ? first..<end : nil
    }
  }

  private static func folded(_ text: String) -> [String] {
    words(of: text).map { word in String(word.map { $0 == "ς" ? "σ" : $0 }) }
  }

  /// NFC, then lower case letter by letter (as the reference does: no rule looks at the neighbours).
  ///
  /// - Parameter folding: whether each run of white space becomes one space
  static func normalized(_ text: String, folding: Bool = false) -> [Unicode.Scalar] {
    var scalars: [Unicode.Scalar] = []
    scalars.reserveCapacity(text.utf8.count)
    var wasSpace = false
    for scalar in text._nfc {
      let isSpace = folding && scalar.properties.isWhitespace
      if !isSpace {
        scalars += scalar.properties.lowercaseMapping.unicodeScalars
      } else if !wasSpace {
        scalars.append(" ")
      }
      wasSpace = isSpace
    }
    return scalars
  }

  private enum Kind {
    case letter, digit, space, sign

    init(_ scalar: Unicode.Scalar) {
      switch scalar.properties.generalCategory {
      case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: self = .letter
      case .decimalNumber, .letterNumber, .otherNumber: self = .digit
      default: self = scalar.properties.isWhitespace ? .space : .sign
      }
    }
  }

  private static let contractions: [[Unicode.Scalar]] = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"].map {
    Array($0.unicodeScalars)
  }

  private static func contraction(at position: Int, in scalars: [Unicode.Scalar]) -> Int? {
    guard scalars[position] == "'" else { return nil }
    return contractions.first { scalars[position...].starts(with: $0) }?.count
  }
}
