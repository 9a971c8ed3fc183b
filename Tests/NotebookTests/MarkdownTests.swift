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
    #expect(!Markdown.html(String(repeating: "[", count: 3000)).isEmpty)
  }
}
