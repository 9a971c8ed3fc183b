import Encoding
import Testing

@Suite struct OneLineTests {
  @Test(arguments: [
    ("plain, ü €", "plain, ü €"), ("a\nb\r\nc\td", "a\\nb\\r\\nc\\td"),
    ("\u{1B}[31mred\u{7F}", "\\27[31mred\\127"),
    ("\u{85}\u{9B}x\u{2028}y", "\\133\\155x y"), ("", ""),
  ])
  func controlCharactersAreShown(_ text: String, _ expected: String) { #expect(text.oneLine == expected) }
}
