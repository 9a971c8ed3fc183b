import Tensor
import Testing

@testable import Models
@testable import Sampling

/// Texts in chunks, with weights, and the merges of byte pairs.
@Suite struct PromptWeightTests {
  /// Each chunk is weighted by its own tokens and brought back to its own mean.
  @Test func chunksAreWeightedEachByItself() throws {
    let tokens = try PromptTokens(
      "a(b:2)cd(ef:0.5)g", tokenizer: ToyTokenizer(), style: PromptStyle(chunks: true, weighs: true))
    #expect(tokens.chunks.count == 2)
    #expect(tokens.weights == [1, 1, 2, 1, 1, 1, 1, 0.5, 0.5, 1, 1, 1])
    let encoded = try Tensor((0..<24).map { Float($0 * 7 % 11) - 2 }, shape: [2, 6, 2])
    let found = try tokens.embedding(encoded).toArray()
    let (values, weights) = (encoded.toArray(), tokens.weights ?? [])
    for chunk in 0..<2 {
      let own = chunk * 12..<chunk * 12 + 12
      let weighted = own.map { values[$0] * weights[$0 / 2] }
      let ratio = values[own].reduce(0, +) / weighted.reduce(0, +)
      for (index, value) in zip(own, weighted) { #expect(abs(found[index] - value * ratio) < 1e-5) }
    }
  }

  /// Of equal pairs the first merges: "aaab" is aa-a-b, never a-aa-b.
  @Test func theFirstOfEqualPairsMerges() {
    let vocabulary = ["a": 0, "a</w>": 1, "aa": 2, "b</w>": 3, "aa</w>": 4, "aaa": 5]
    func encode(_ word: String, _ merges: [(Substring, Substring)]) -> [Int] {
      BytePairEncoding(vocabulary: vocabulary, merges: merges, unknown: 9).encode(word)
    }
    #expect(encode("aaab", [("a", "a")]) == [2, 0, 3])
    #expect(encode("aaaaab", [("a", "a")]) == [2, 2, 0, 3])
    #expect(encode("aaa", [("a", "a"), ("a", "a</w>")]) == [2, 1])
    #expect(encode("aaa", [("a", "a</w>"), ("a", "a")]) == [0, 4])
    #expect(encode("aaab", [("a", "a"), ("aa", "a")]) == [5, 3])
  }
}
