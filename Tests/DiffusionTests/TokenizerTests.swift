import Foundation
import Testing

@testable import Models

struct TokenizerTests {
  private func tokenizer(_ name: String) throws -> Tokenizer {
    try Tokenizer(directory: Goldens.path("\(name)/tokenizer"))
  }

  @Test func tokensKnowTheirWord() throws {
    let tokens = try tokenizer("tiny-sd1").tokenize("A cat's Clogs, 12!").tokens
    #expect(tokens.map(\.position) == Array(0..<tokens.count))
    #expect(tokens.first?.text == "<|startoftext|>" && tokens.last?.text == "<|endoftext|>")
    #expect(tokens.first?.word == nil && tokens.last?.word == nil)
    var words: [String] = []
    for token in tokens.dropFirst().dropLast() {
      let word = try #require(token.word)
      if word > words.count { words.append("") }
      #expect(word == words.count)
      words[word - 1] += token.text
    }
    #expect(words == ["a", "cat", "'s", "clogs", ",", "1", "2", "!"])
  }

  /// Start and end in other case are no tokens, but do not run together with their neighbours.
  @Test func startAndEndKeepTheirPlace() {
    #expect(
      PromptSplitter.words(of: "<|Endoftext|><|ENDOFTEXT|>!<|startoftext|>") == [
        "<|", "endoftext", "|>", "<|", "endoftext", "|>", "!<|", "startoftext", "|>",
      ])
    #expect(PromptSplitter.words(of: "<|end it's") == ["<|", "end", "it", "'s"])
  }

  @Test func longPromptsAreCutAndTheCutIsReported() throws {
    let tokenizer = try tokenizer("tiny-sd1")
    let fitting = Array(repeating: "a", count: 75).joined(separator: " ")
    #expect(tokenizer.tokenize(fitting).truncated == nil)
    let long = tokenizer.tokenize(fitting + " cat and a Dog")
    #expect(long.truncated == "cat and a dog")
    #expect(long.tokens.count == 77 && long.ids.count == 77)
    #expect(long.ids.last == tokenizer.end)
  }

  @Test(arguments: ["tiny-sd1", "tiny-sd2"])
  func detokenizingGivesTheTextBack(name: String) throws {
    let tokenizer = try tokenizer(name)
    let text = "a naïve 🐱 with 日本 glasses ?"
    #expect(tokenizer.detokenize(tokenizer.tokenize(text).ids) == text)
    #expect(tokenizer.detokenize([-1, 1 << 40]) == "")
  }

  @Test func paddingIsTheModelsOwn() throws {
    let (one, two) = (try tokenizer("tiny-sd1"), try tokenizer("tiny-sd2"))
    #expect(one.tokenize("").ids == [one.begin] + Array(repeating: one.end, count: 76))
    #expect(two.tokenize("").ids == [two.begin, two.end] + Array(repeating: 0, count: 75))
    #expect(one.vocabularySize == one.end + 1)
  }

  /// Where files contradict each other about a special token; expected as transformers has it (Scripts/dev/check-tokenizers).
  @Test func specialTokensAreReadFromEveryFile() throws {
    let copy = try CheckpointCopy(of: "tiny-sd1/tokenizer")
    func ids(_ prompt: String) throws -> [Int] {
      try Tokenizer(directory: copy.path).contentTokens(of: prompt).map(\.id)
    }
    let end = 663
    try copy.remove("special_tokens_map.json")
    try copy.write(#"{"tokenizer_class": "CLIPTokenizer"}"#, to: "tokenizer_config.json")
    // From before added_tokens_decoder: found whatever the case, unless the token is special.
    try copy.write(#"{"<S*>": 664}"#, to: "added_tokens.json")
    #expect(try ids("<s*> <S*>") == [664, 664])
    try copy.write(#"{"extra_special_tokens": ["<S*>"]}"#, to: "special_tokens_map.json")
    #expect(try ids("<S*>") == [664] && ids("<s*>") != [664])
    // Under the older name of the list, and as a table in the config, it is not looked at for that.
    try copy.write(#"{"additional_special_tokens": ["<S*>"]}"#, to: "special_tokens_map.json")
    #expect(try ids("<s*> <S*>") == [664, 664])
    try copy.write("{}", to: "special_tokens_map.json")
    try copy.write(
      #"{"sep_token": {"content": "<S*>", "normalized": false, "__type": "AddedToken"}}"#,
      to: "tokenizer_config.json")
    #expect(try ids("<s*> <S*>") == [664, 664])
    // A name that a later file gives to another token leaves the first one a word.
    try copy.write(#"{"pad_token": "!"}"#, to: "tokenizer_config.json")
    try copy.write("{}", to: "special_tokens_map.json")
    #expect(try ids("! <|endoftext|>") == [0, end])
    try copy.write(#"{"pad_token": "<|endoftext|>"}"#, to: "special_tokens_map.json")
    #expect(try ids("!") == [256])
    // A config that says all added tokens is not asked further.
    try copy.write(
      #"{"added_tokens_decoder": {"664": {"content": "<T*>", "special": false}}}"#,
      to: "tokenizer_config.json")
    #expect(try ids("<t*>") == [664] && ids("<S*>") != [664])
    for (json, message) in [
      (#"{"content": "<T*>", "single_word": true}"#, "single_word"), (#"{"content": ""}"#, "without content"),
      (#"{"content": "<T*>", "trim": true}"#, "trim"), (#"{"content": "<T*>", "lstrip": 3}"#, "lstrip"),
    ] {
      try copy.write(#"{"added_tokens_decoder": {"664": \#(json)}}"#, to: "tokenizer_config.json")
      #expect { try ids("a") } throws: { "\($0)".contains(message) }
    }
  }

  /// Random configs of special and added tokens (white space at their ends, other cases and normal forms, one the start of another):
  /// the ids that transformers gives (`check-tokenizers.py 120 11 special-tokens.json`), or a refusal that says why.
  @Test func wholeTokensAreFoundAsTheReferenceFindsThem() throws {
    let data = try Data(contentsOf: URL(fileURLWithPath: Goldens.path("special-tokens.json")))
    let cases = try #require(JSONSerialization.jsonObject(with: data) as? [[String: Any]])
    var prompts = 0
    for (number, entry) in cases.enumerated() {
      let copy = try CheckpointCopy(of: "tiny-sd1/tokenizer")
      for name in ["special_tokens_map.json", "tokenizer_config.json"] { try copy.remove(name) }
      for (name, value) in try #require(entry["files"] as? [String: Any]) {
        let text = try JSONSerialization.data(withJSONObject: value)
        try copy.write(String(decoding: text, as: UTF8.self), to: name)
      }
      let tokenizer: Tokenizer
      do {
        tokenizer = try Tokenizer(directory: copy.path)
      } catch {
        let isRefused = ["not in the vocabulary", "not supported"].contains { "\(error)".contains($0) }
        #expect(isRefused, "tokenizer \(number): \(error)")
        continue
      }
      for row in try #require(entry["prompts"] as? [[Any]]) {
        let (prompt, ids) = (try #require(row[0] as? String), try #require(row[1] as? [Int]))
        #expect(tokenizer.contentTokens(of: prompt).map(\.id) == ids, "tokenizer \(number): '\(prompt)'")
        prompts += 1
      }
    }
    #expect(prompts > 300)
  }

  @Test func brokenTokenizersAreNamed() throws {
    let copy = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
    defer { try? FileManager.default.removeItem(atPath: copy) }
    func fault(_ layout: String, _ change: () throws -> Void) throws -> String {
      try? FileManager.default.removeItem(atPath: copy)
      try FileManager.default.copyItem(atPath: Goldens.path("\(layout)/tokenizer"), toPath: copy)
      try change()
      do {
        _ = try Tokenizer(directory: copy)
        return "none"
      } catch {
        return "\(error)"
      }
    }
    func write(_ text: String, _ name: String) throws {
      try text.write(toFile: "\(copy)/\(name)", atomically: true, encoding: .utf8)
    }
    func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: "\(copy)/\(name)") }

    #expect(
      try fault("tiny-sd1") { try remove("merges.txt") }
        == "\(copy)/merges.txt: no such file; vocab.json is of no use without its merges")
    #expect(
      try fault("tiny-sd1") { try write("#version: 0.2\n", "merges.txt") } == "\(copy)/merges.txt: no merges")
    #expect(
      try fault("tiny-sd1") { try write("#version\na b c\n", "merges.txt") }
        == "\(copy)/merges.txt: line 2: 'a b c' is not a pair of symbols")
    #expect(
      try fault("tiny-sd1") { try remove("vocab.json") }
        == "\(copy): no tokenizer (tokenizer.json, or vocab.json and merges.txt)")
    #expect(
      try fault("tiny-sd1") { try write("{\"a\": 0}", "vocab.json") }.contains("is not in the vocabulary"))
    #expect(
      try fault("tiny-sd1") { try write("{\"a\": \"x\"}", "vocab.json") }
        == "\(copy)/vocab.json: the id of 'a' is \"x\"")
    #expect(
      try fault("tiny-sd2") { try write("{\"model\": {\"type\": \"Unigram\"}}", "tokenizer.json") }
        == "\(copy)/tokenizer.json: a tokenizer of type 'Unigram', only BPE is known")
    #expect(
      try fault("tiny-sd2") { try write("{\"model\": {\"vocab\": {\"a\": 0}}}", "tokenizer.json") }
        == "\(copy)/tokenizer.json: no merges")
    #expect(
      try fault("tiny-sd2") { try write("{", "tokenizer.json") }.contains("tokenizer.json: not valid JSON"))
  }
}
