import Testing

@testable import Scripting

/// `lunette.text`, and the words that plugins find by it.
@Suite struct TextBindingTests {
  private static let library = "local text = lunette.text\n"

  private func shown(_ source: String) throws -> String {
    try transcript([Self.library + source])
  }

  @Test(arguments: [
    ("Über", "über"), ("ПРИВЕТ", "привет"), ("ÉTÉ", "été"), ("ΟΔΟΣ", "οδοσ"), ("İ", "i\u{307}"), ("ẞ", "ß"),
    ("cafe\u{301}", "caf\u{e9}"), ("CAFE\u{301}", "caf\u{e9}"), ("\u{212b}", "\u{e5}"), ("猫", "猫"),
    ("🎉A", "🎉a"),
    ("", ""), ("ǅ", "ǆ"), ("\u{1e9b}\u{323}", "\u{1e9b}\u{323}"),
  ])
  func lowersEveryScript(_ text: String, _ lower: String) throws {
    // By scalars: Swift's own equality takes normal forms for equal.
    #expect(
      try Array(shown("print(text.lower('\(text)'))").unicodeScalars) == Array("\(lower)\n".unicodeScalars))
  }

  @Test(arguments: [
    // what the prompt is, what is looked for, and the words at which it stands
    ("a Über cat", "Über", "2-2"), ("ÉTÉ cat", "été", "1-1"), ("été", "ÉTÉ", "1-1"),
    ("привет мир", "МИР", "2-2"),
    ("cafe\u{301} shop", "caf\u{e9}", "1-1"), ("caf\u{e9} shop", "CAFE\u{301}", "1-1"),
    ("ΟΔΟΣ", "οδος", "1-1"), ("οδος", "ΟΔΟΣ", "1-1"), ("İstanbul", "İSTANBUL", "1-3"),
    ("a fire truck", "Fire  truck", "2-3"), ("a fire truck", "firetruck", ""),
    ("a firetruck", "fire truck", ""),
    ("a fire\u{a0}truck", "fire truck", "2-3"), ("a a\u{3000}a", "a a", "1-2 2-3"),
    ("don't stop", "DON'T", "1-2"), ("don’t stop", "don’t", "1-3"), ("don’t", "don't", ""),
    ("the cat's hat", "cat's", "2-3"),
    ("a well-known cat", "well-known", "2-4"), ("a well - known cat", "well-known", "2-4"),
    ("3d 3D", "3D", "1-2 3-4"),
    ("猫、犬", "犬", "3-3"), ("猫、犬", "猫、犬", "1-3"), ("黒猫", "猫", ""), ("a 🎉 cat", "🎉", "2-2"), ("🎉🎉", "🎉", ""),
    ("🎉cat", "🎉cat", "1-2"), ("a cat", "", ""), ("a cat", "  ", ""), ("", "cat", ""),
    ("acat a cat", "acat", "1-1"),
    ("हिन्दी भाषा", "भाषा", "7-10"), ("50% off!", "50%", "1-3"),
  ])
  func findsWordsInPrompts(_ prompt: String, _ wanted: String, _ places: String) throws {
    let found = try shown(
      """
      local found = {}
      for i, place in ipairs(text.find(text.words("\(prompt)"), "\(wanted)")) do found[i] = place[1] .. "-" .. place[2] end
      print(table.concat(found, " "))
      """)
    #expect(found == places + "\n")
  }

  @Test func wordsAreThoseOfTheTokenizer() throws {
    var options = Session.Options()
    options.model = "\(ModelBindingTests.goldens)/tiny-sd1"
    let session = try Session(options)
    let outputs = session.run(
      """
      local model = assert(lunette.load())
      for _, prompt in ipairs{ "A Über-cat's 12 doors", "ПРИВЕТ мир!!", "cafe\\u{301} 猫、犬 🎉", "ΟΔΟΣ İs" } do
        print(table.concat(model:tokenize(prompt).words, "|") == table.concat(lunette.text.words(prompt), "|"))
      end
      """)
    #expect(outputs == [.stream(.stdout, String(repeating: "true\n", count: 4))])
  }
}
