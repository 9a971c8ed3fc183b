import Testing

@testable import Notebook

/// What a stranger shows in a report, and prints at a terminal.
@Suite struct StrangersOutputTests {
  private func html(_ type: MIMEType, _ text: String) -> String {
    var bundle = MIMEBundle()
    bundle[type] = .text(text)
    return ReportOutput(bundle, [:]).html
  }

  @Test func ourTablesAndPlotsStandInThePage() {
    let table =
      "<table class=\"data\">\n<thead><tr><th>a</th></tr></thead><tbody><tr><td class=\"number\" data-value=\"1\">1 &lt; 2</td></tr></tbody></table>"
    #expect(html("text/html", table).contains(table))
    let plot =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 9 9\"><g style=\"fill:var(--ink,#777)\"><path d=\"M0 0L1 1\"/></g></svg>"
    #expect(html("image/svg+xml", "<?xml version=\"1.0\"?>\n" + plot).contains(plot))
  }

  @Test(arguments: [
    "<script>x()</script>", "<meta http-equiv=\"refresh\" content=\"0;url=x\">", "<b onclick=\"x()\">y</b>",
    "<a href=\"https://evil.example\">y</a>", "<img src=\"x\">", "<style>body{display:none}</style>",
    "<b style=\"position:fixed\">x</b>",
    "<b class=\"banner failed\">The script failed</b>", "<!-- x --><b>y</b>",
    "<table background=\"x\"></table>", "<iframe></iframe>",
    "<B ONCLICK=x()>y</B>", "<b\u{0}>y</b>", "<b/onclick=\"x\">y</b>", "<b title=x>y</b>",
    "<base href=\"//evil\">", "<form action=\"x\">",
    "</main><b>y</b>", "<p id=\"failure\">x</p>", "<b title=\"<script>\">y</b>", "<", "<b", "<b title=\"x",
  ])
  func otherMarkupIsFramed(_ text: String) {
    let shown = html("text/html", text)
    // The frame's text is an attribute from end to end, in which nothing is markup.
    let frame =
      "<figure class=\"html\"><iframe sandbox=\"\" referrerpolicy=\"no-referrer\" loading=\"lazy\" srcdoc=\""
    let end = "\"></iframe></figure>\n"
    #expect(shown.hasPrefix(frame) && shown.hasSuffix(end), "\(shown)")
    #expect(!shown.dropFirst(frame.count).dropLast(end.count).contains { "<>\"".contains($0) }, "\(shown)")
  }

  @Test(arguments: [
    "<svg><script>x()</script></svg>", "<svg onload=\"x()\"></svg>",
    "<svg><foreignObject><meta http-equiv=\"refresh\"/></foreignObject></svg>",
    "<svg><a href=\"https://evil.example\"><text>x</text></a></svg>", "<svg><style>*{}</style></svg>",
    "<svg><image href=\"https://evil/x\"/></svg>",
    "<svg style=\"position:fixed\"></svg>", "<svg><path fill=\"url(https://evil/x#a)\"/></svg>",
    "<svg><use href=\"x#a\"/></svg>",
    "<svg><g style=\"fill:url(x)\"></g></svg>", "<svg><set attributeName=\"x\"/></svg>",
    "<svg></svg><script>x()</script>",
  ])
  func otherDrawingsArePictures(_ text: String) {
    let shown = html("image/svg+xml", text)
    #expect(shown.contains("<img src=\"data:image/svg+xml;base64,") && !shown.contains(text), "\(text)")
    var bundle = MIMEBundle()
    bundle["image/svg+xml"] = .text(text)
    #expect(bundle.files.map(\.fileExtension) == ["html"])
    #expect(!String(decoding: bundle.files[0].bytes, as: UTF8.self).contains(text))
  }

  @Test func filesOfTheirOwnHaveAPolicy() {
    var bundle = MIMEBundle()
    bundle["text/html"] = .text("<script>x()</script>")
    let page = String(decoding: bundle.files[0].bytes, as: UTF8.self)
    #expect(
      page.contains("default-src 'none'") && page.contains("<iframe sandbox=\"\"")
        && !page.contains("<script>"))
    var plain = MIMEBundle()
    plain["text/html"] = .text("<b>x</b>")
    #expect(String(decoding: plain.files[0].bytes, as: UTF8.self).contains("\n<b>x</b>\n"))
  }

  @Test func namesOfTypesAndJSONAreEscaped() {
    var bundle = MIMEBundle()
    bundle["image/x\" onerror=\"x()"] = .bytes([1, 2, 3])
    #expect(!ReportOutput(bundle, [:]).html.contains("\" onerror=\""))
    for text in ["{\"a\": \"</pre><script>x()</script>\"}", "</pre><script>x()</script>", "\"<b>\""] {
      let shown = html("application/json", text)
      #expect(!shown.contains("<script>") && !shown.contains("<b>") && shown.contains("&lt;"), "\(shown)")
    }
    for type in ["text/plain", "text/x-unknown", "application/x-thing+json"] {
      #expect(!html(MIMEType(type), "<script>x()</script>").contains("<script>"), "\(type)")
    }
  }

  @Test(arguments: [
    ("plain\n\ttext ü 👩\u{200D}🚀", "plain\n\ttext ü 👩\u{200D}🚀"),
    ("\u{1B}[1;31mred\u{1B}[0m", "\u{1B}[1;31mred\u{1B}[0m"),
    ("\r50%\u{1B}[K", "\r50%\u{1B}[K"), ("\u{1B}[38:5:1mx", "\u{1B}[38:5:1mx"),
    ("\u{1B}]52;c;eA==\u{7}", "\\27]52;c;eA==\\7"),
    ("\u{1B}[6n\u{1B}[2J\u{1B}[1A", "\\27[6n\\27[2J\\27[1A"), ("\u{1B}", "\\27"), ("\u{1B}[", "\\27["),
    ("\u{1B}[31", "\\27[31"),
    ("\u{1B}c\u{1B}P1$x\u{1B}\\", "\\27c\\27P1$x\\27\\"), ("\u{9B}31m\u{8}\u{0}", "\\15531m\\8\\0"),
    ("\u{1B}[>0m\u{1B}[?25lx", "\\27[>0m\\27[?25lx"),
  ])
  func terminalsKeepColoursOnly(_ text: String, _ expected: String) {
    #expect(ANSI.harmless(text) == expected)
  }
}
