/// Byte-level byte-pair encoding: the UTF-8 bytes of a word become letters of a printable alphabet, the last one
/// marked with `</w>`, and neighbours merge in the order of the merge list.
struct BytePairEncoding: Sendable {
  static let endOfWord = "</w>"

  let vocabulary: [String: Int]
  /// What a symbol that is not in the vocabulary becomes.
  let unknown: Int
  private let merges: [Pair: Merge]
  /// The id of each byte inside a word and at its end; nil if the vocabulary lacks it.
  private let inner, last: [Int?]

  private struct Pair: Hashable {
    let left, right: Int32
  }

  private struct Merge {
    let rank, id: Int32
  }

  /// - Parameter merges: pairs of symbols, the most important first; pairs with symbols that are not in the
  ///   vocabulary are never reached and left out.
  init(vocabulary: [String: Int], merges pairs: some Sequence<(Substring, Substring)>, unknown: Int) {
    self.vocabulary = vocabulary
    self.unknown = unknown
    var merges: [Pair: Merge] = [:]
    for (rank, (left, right)) in pairs.enumerated() {
      guard let first = vocabulary[String(left)], let second = vocabulary[String(right)],
        let merged = vocabulary[String(left) + right]
      else { continue }
      let pair = Pair(left: Int32(first), right: Int32(second))
      if merges[pair] == nil { merges[pair] = Merge(rank: Int32(rank), id: Int32(merged)) }
    }
    self.merges = merges
    inner = ByteAlphabet.letters.map { vocabulary[String($0)] }
    last = ByteAlphabet.letters.map { vocabulary[String($0) + BytePairEncoding.endOfWord] }
  }

  /// The tokens of one word.
  func encode(_ word: String) -> [Int] {
    let bytes = Array(word.utf8)
    var symbols = bytes.enumerated().map { index, byte in
      (index == bytes.count - 1 ? last : inner)[Int(byte)] ?? unknown
    }
    while symbols.count > 1 {
      var best: (merge: Merge, position: Int)?
      for position in 0..<(symbols.count - 1) {
        let pair = Pair(left: Int32(symbols[position]), right: Int32(symbols[position + 1]))
        if let merge = merges[pair], best.map({ merge.rank < $0.merge.rank }) ?? true {
          best = (merge, position)
        }
      }
      guard let best else { break }
      symbols[best.position] = Int(best.merge.id)
      symbols.remove(at: best.position + 1)
    }
    return symbols
  }
}

/// The printable letters that stand for the 256 bytes: visible Latin-1 characters for themselves, the others
/// moved up from U+0100 on in order.
enum ByteAlphabet {
  static let letters: [Character] = {
    var moved: UInt32 = 0x100
    return (0..<256).map { (byte: UInt32) in
      if (0x21...0x7e).contains(byte) || (0xa1...0xac).contains(byte) || byte >= 0xae {
        return Character(Unicode.Scalar(UInt8(byte)))
      }
      defer { moved += 1 }
      return Character(Unicode.Scalar(moved) ?? " ")
    }
  }()

  private static let bytes: [Character: UInt8] = Dictionary(
    uniqueKeysWithValues: letters.enumerated().map { ($1, UInt8($0)) })

  /// The bytes that a token of such letters stands for; letters of no byte are left out.
  static func decode(_ symbols: some StringProtocol) -> [UInt8] { symbols.compactMap { bytes[$0] } }
}
