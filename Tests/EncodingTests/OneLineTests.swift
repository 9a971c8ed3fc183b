import Encoding
import Testing

@Suite struct OneLineTests {
  @Test(arguments: [
    ("plain, ü €", "plain, ü €"), ("a\nb\r\nc\td", "a\\nb\\r\\nc\\td"),
    ("\u{1B}[31mred\u{7F}", "\\27[31mred\\127"),
    ("\u{85}\u{9B}x\u{2028}y", #"\133\155x\u{2028}y"#), ("", ""),
    ("a\u{202E}b\u{2066}c\u{200F}\u{FEFF}", #"a\u{202E}b\u{2066}c\u{200F}\u{FEFF}"#),
    ("👩\u{200D}🚀 \u{E0041}", "👩\u{200D}🚀 \\u{E0041}"), ("שלום日本", "שלום日本"),
  ])
  func controlCharactersAreShown(_ text: String, _ expected: String) { #expect(text.oneLine == expected) }

  @Test func longLinesAreCut() {
    #expect("abc".oneLine(of: 3) == "abc")
    #expect("abcd".oneLine(of: 3) == "abc…")
    #expect("\n\n".oneLine(of: 3) == "\\n\\…")
    #expect(String(repeating: "x", count: 100_000).oneLine(of: 10) == "xxxxxxxxxx…")
  }
}
