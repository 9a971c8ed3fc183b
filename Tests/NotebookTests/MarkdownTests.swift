import Notebook
import Testing

@Suite struct MarkdownTests {
  @Test(arguments: [
    (
      "a *b* **c** _d_ __e__ ***f***",
      "<p>a <em>b</em> <strong>c</strong> <em>d</em> <strong>e</strong> <em><strong>f</strong></em></p>\n"
    ),
    ("snake_case_name 2 * 3 * 4", "<p>snake_case_name 2 * 3 * 4</p>\n"),
    ("`a *b* <c>` and ``x`y``", "<p><code>a *b* &lt;c&gt;</code> and <code>x`y</code></p>\n"),
    ("<b>raw</b> & \\*so\\*", "<p>&lt;b&gt;raw&lt;/b&gt; &amp; *so*</p>\n"),
    (
      "$a_1 * b_1$ costs $5 and $6",
      "<p>\(MathML.html("a_1 * b_1", isBlock: false)) costs $5 and $6</p>\n"
    ),
    ("[a *b*](https://x.y/z \"t\")", "<p><a href=\"https://x.y/z\" title=\"t\">a <em>b</em></a></p>\n"),
    ("[x](javascript:alert(1)) <https://a.b>", "<p>x <a href=\"https://a.b\">https://a.b</a></p>\n"),
    ("![alt](https://x.y/z.png)", "<p><a href=\"https://x.y/z.png\">alt</a></p>\n"),
    ("~~gone~~ **open", "<p><del>gone</del> **open</p>\n"),
    ("two  \nlines", "<p>two<br>\nlines</p>\n"),
    ("---", "<hr>\n"),
    ("> a\n> b", "<blockquote>\n<p>a\nb</p>\n</blockquote>\n"),
    ("# A & B #", "<h1 id=\"a-b\">A &amp; B</h1>\n"),
    ("#hashtag", "<p>#hashtag</p>\n"),
    ("```sh\n<a>\n\n*b*\n```", "<pre class=\"code\"><code>&lt;a&gt;\n\n*b*</code></pre>\n"),
  ])
  func html(_ text: String, _ html: String) {
    #expect(Markdown.html(text) == html)
  }

  /// What CommonMark has besides, and what it takes for text.
  @Test(arguments: [
    ("Head\n====", "<h1 id=\"head\">Head</h1>\n"),
    (
      "[r][1] and [R]\n\n[1]: /a \"t\"\n[r]: </b c>",
      "<p><a href=\"/a\" title=\"t\">r</a> and <a href=\"/b%20c\">R</a></p>\n"
    ),
    ("&lt;b&gt; &copy; &#42;a&#42; &#x0;", "<p>&lt;b&gt; &copy; *a* \u{FFFD}</p>\n"),
    ("    code <b>", "<pre class=\"code\"><code>code &lt;b&gt;</code></pre>\n"),
    (
      "<div>\n\n<script>alert(1)</script>\n\n<!-- x -->",
      "<p>&lt;div&gt;</p>\n<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>\n<p>&lt;!-- x --&gt;</p>\n"
    ),
    ("![a *b* ![c](d)](data:image/png;base64,AA)", "<p>a b c</p>\n"),
    ("![*a*](/x.png)", "<p><a href=\"/x.png\">a</a></p>\n"),
    (
      "# a `b` $c$\n## a `b` $c$",
      "<h1 id=\"a-b-c\">a <code>b</code> \(MathML.html("c", isBlock: false))</h1>\n<h2 id=\"a-b-c\">a <code>b</code> \(MathML.html("c", isBlock: false))</h2>\n"
    ),
    ("$$\nx\n$$", "\(MathML.html("x", isBlock: true))\n"),
    ("so $$x$$ is", "<p>so \(MathML.html("x", isBlock: true)) is</p>\n"),
    ("$5 *and* $10, $5-$10, $ 1", "<p>$5 <em>and</em> $10, $5-$10, $ 1</p>\n"),
    ("\\$a\\$ `$b$`", "<p>$a$ <code>$b$</code></p>\n"),
    ("a\u{0}b", "<p>a\u{FFFD}b</p>\n"),
  ])
  func commonMark(_ text: String, _ html: String) {
    #expect(Markdown.html(text) == html)
  }

  /// No address makes a browser run anything, however it is written.
  @Test(arguments: [
    "javascript:alert(1)", "JavaScript:alert(1)", "<java script:alert(1)>", "javascript&#58;alert(1)",
    "javascript&colon;alert(1)", "&#1;javascript:alert(1)", "<&#32;javascript:alert(1)>",
    "java&#10;script:alert(1)",
    "vbscript:x", "data:text/html,x", "&#x6a;avascript:alert(1)", "java&Tab;script:alert(1)",
  ])
  func harmlessAddresses(_ address: String) {
    for text in ["[x](\(address))", "![x](\(address))", "[x][1]\n\n[1]: \(address)"] {
      let html = Markdown.html(text)
      let opened = html.split(separator: "href=\"").dropFirst().map { $0.prefix { $0 != "\"" } }
      // What is left open is relative: a browser sees no scheme in it.
      for address in opened {
        let plain = address.replacing("&amp;", with: "&")
        #expect(!plain.contains(":") || plain.contains("&colon;"), "\(text): \(html)")
        #expect(!address.contains("&colon;") && !address.contains("&Tab;"), "\(text): \(html)")
      }
    }
  }

  @Test func inlineTextOpensNoBlocks() {
    #expect(Markdown.inline("1. *a* #") == "1. <em>a</em> #")
    #expect(Markdown.inline("- a\n> b") == "- a &gt; b")
    #expect(Markdown.inline("C #") == "C #")
    #expect(Markdown.inline("") == "")
    #expect(Markdown.inline("    a") == "a")
  }

  @Test func nestsLists() {
    #expect(
      Markdown.html("1. a\n   - b\n   - c\n2. d\n   goes on\n\ntext")
        == "<ol>\n<li>a<ul>\n<li>b</li>\n<li>c</li>\n</ul>\n</li>\n<li>d\ngoes on</li>\n</ol>\n<p>text</p>\n")
    #expect(Markdown.html("- a\n\n- b") == "<ul>\n<li><p>a</p>\n</li>\n<li><p>b</p>\n</li>\n</ul>\n")
    #expect(Markdown.html("It was in\n1984. A year.") == "<p>It was in\n1984. A year.</p>\n")
  }

  @Test func tables() {
    let html = Markdown.html("| a | b |\n|:--|--:|\n| `x|y` | 1 \\| 2 |\n| z |")
    #expect(html.contains("<th>a</th><th style=\"text-align: right\">b</th>"))
    #expect(html.contains("<td><code>x|y</code></td><td style=\"text-align: right\">1 | 2</td>"))
    #expect(html.contains("<td>z</td><td style=\"text-align: right\"></td>"))
  }

  @Test func hostileInputEnds() {
    let signs = String(repeating: "> - ", count: 2000) + String(repeating: "*a", count: 2000)
    #expect(!Markdown.html(signs).isEmpty)
    for part in ["[", "![a](", "*a ", "$a ", "$a$1", "`a", "> ", "[a]: b c\n", "<", "|a", "~~a "] {
      #expect(!Markdown.html(String(repeating: part, count: 10_000)).isEmpty)
    }
  }
}
