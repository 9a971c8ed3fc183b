import Families
import Testing

@Suite struct TokenizerParityTests {
  @Test(arguments: Reference.all)
  func idsAreThoseOfTransformers(reference: Reference) throws {
    let tokenizer = try Checkpoint(directory: reference.model).tokenizer()
    #expect(reference.tokens.count >= 15)
    for (prompt, ids) in reference.tokens {
      #expect(try tokenizer.tokenize(prompt).ids == ids, "\(reference.name): '\(prompt)'")
    }
  }
}
