import Testing

@testable import Families

/// What Python's `re` says of the same.
@Suite struct PythonPatternTests {
  @Test(arguments: [
    ("a.c", ["abc", "a.c"], ["ac", "abcd"]),
    (#"attn\d\.to_[qk]"#, ["attn1.to_q", "attn2.to_k"], ["attn1.to_v", "attn.to_q", "attn1xto_q"]),
    (#"(down|up)_blocks\.\d+"#, ["down_blocks.0", "up_blocks.12"], ["mid_blocks.0", "down_blocks."]),
    (".*(to_q|to_k)", ["x.to_q", "to_k"], ["x.to_v", "to_q0"]),
    ("^ab?c*d+$", ["ad", "abccdd"], ["abbd", "ab"]), ("a{2}", ["aa"], ["a", "aaa"]),
    ("a{1,2}b", ["ab", "aab"], ["b", "aaab"]), ("a{2,}", ["aa", "aaaa"], ["a"]),
    ("a{,2}", ["", "aa"], ["aaa"]),
    ("(?!.*text).*q", ["xq"], ["textq"]), ("(?=x).*", ["xy"], ["yx"]), ("(?:ab)+?", ["abab"], ["aba"]),
    ("[^a-c_]+", ["xyz"], ["xaz", "_"]), ("[]a]", ["]", "a"], ["b"]), ("[a-]", ["-", "a"], ["b"]),
    (#"\w\W\s\S"#, ["a. b"], ["abcd"]), ("", [""], ["a"]), ("a|", ["a", ""], ["b"]),
    ("(a*)*b", ["aab", "b"], ["a"]),
    ("(a|aa)+", ["aaaaa"], ["ab"]), ("((a?){3})+", ["aaaaaaa"], ["b"]),
  ])
  func matches(pattern: String, yes: [String], no: [String]) throws {
    let pattern = try #require(PythonPattern(pattern))
    for text in yes { #expect(pattern.matchesWhole(text), "\(text)") }
    for text in no { #expect(!pattern.matchesWhole(text), "\(text)") }
  }

  @Test func keysMeanEndsOfPaths() throws {
    func matches(_ key: String, _ path: String) throws -> Bool {
      try #require(PythonPattern(key)).matchesEnd(ofPath: path)
    }
    #expect(try matches("to_q", "a.b.to_q"))
    #expect(try !matches("o_q", "a.b.to_q"))
    #expect(try !matches("b", "a.b.to_q"))
    #expect(try matches("b.to_q", "a.b.to_q"))
    #expect(try !matches("^b.to_q", "a.b.to_q"))
    #expect(try matches("^a.b.to_q", "a.b.to_q"))
    #expect(try matches("to_q|x", "a.to_q"))
  }

  @Test(arguments: [
    "(", ")", "a**", "*a", "[a", "a{3,1}", #"\1"#, "(?<=a)b", #"\b"#, "(?P<n>a)", "a{9999999}", #"a\"#,
  ])
  func whatIsNotKnownIsNoPattern(text: String) { #expect(PythonPattern(text) == nil) }

  /// Patterns that keep a backtracking matcher busy for years.
  @Test func hostilePatternsEnd() throws {
    let text = String(repeating: "a", count: 200)
    #expect(try !#require(PythonPattern("(a+)+b")).matchesWhole(text))
    #expect(try !#require(PythonPattern("(a|a)*b")).matchesWhole(text))
    #expect(try !#require(PythonPattern("((a*)*)*b")).matchesWhole(text))
    #expect(
      PythonPattern(String(repeating: "(", count: 10_000) + String(repeating: ")", count: 10_000)) == nil)
  }
}
