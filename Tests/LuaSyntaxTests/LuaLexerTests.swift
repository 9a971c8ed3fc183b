import LuaSyntax
import Testing

@Suite struct LuaLexerTests {
  @Test func coversKindsAndUnfinishedText() {
    let kinds = LuaLexer.tokens(of: "local x<const> = 0x1p-4 .. 1e+5 -- r\n--[==[ ]] ]==] 'a\\'b' [[ open")
      .map(\.kind)
    #expect(
      kinds == [
        .keyword, .name, .symbol, .name, .symbol, .symbol, .number, .symbol, .symbol, .number, .comment,
        .comment,
        .string, .string,
      ])
  }

  @Test func highlightsLineByLine() {
    #expect(
      LuaHighlighter.html("f(\"<\")\n--[[a\nb]]", marked: 1)
        == "<span class=\"line\"><span class=\"f\">f</span>(<span class=\"s\">&quot;&lt;&quot;</span>)</span>\n"
        + "<span class=\"line marked\"><span class=\"r\">--[[a</span></span>\n<span class=\"line\"><span class=\"r\">b]]</span></span>"
    )
  }
}
