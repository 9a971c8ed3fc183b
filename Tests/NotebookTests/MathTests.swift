import Testing

@testable import Notebook

@Suite struct MathTests {
  private func markup(_ tex: String, isBlock: Bool = false) -> String {
    let html = MathML.html(tex, isBlock: isBlock)
    let start = html.firstRange(of: "<semantics>")?.upperBound ?? html.startIndex
    let end = html.firstRange(of: "<annotation")?.lowerBound ?? html.endIndex
    return String(html[start..<end])
  }

  @Test(arguments: [
    ("x_t^2", "<mrow><msubsup><mi>x</mi><mi>t</mi><mn>2</mn></msubsup></mrow>"),
    (
      #"\frac{1}{\sqrt{d}}"#,
      "<mrow><mfrac><mrow><mn>1</mn></mrow><mrow><msqrt><mrow><mi>d</mi></mrow></msqrt></mrow></mfrac></mrow>"
    ),
    (#"\bar\alpha"#, #"<mrow><mover><mi>α</mi><mo>‾</mo></mover></mrow>"#),
    (
      #"\sum_{i=1}^n"#,
      "<mrow><munderover><mo>∑</mo><mrow><mi>i</mi><mo>=</mo><mn>1</mn></mrow><mi>n</mi></munderover></mrow>"
    ),
    (#"\mathbb{R} \mathbf x"#, "<mrow><mrow><mi>ℝ</mi></mrow><mi>𝐱</mi></mrow>"),
    ("a<b", "<mrow><mi>a</mi><mo>&lt;</mo><mi>b</mi></mrow>"),
    (#"\text{if } 3.5"#, "<mrow><mtext>if </mtext><mn>3.5</mn></mrow>"),
    (#"\unheardof"#, #"<mrow><mtext>\unheardof</mtext></mrow>"#),
    ("f'(x)", "<mrow><msup><mi>f</mi><mrow><mo>′</mo></mrow></msup><mo>(</mo><mi>x</mi><mo>)</mo></mrow>"),
  ])
  func formulas(_ tex: String, _ expected: String) { #expect(markup(tex) == expected) }

  @Test func fencesAndMatrices() {
    let text = markup(#"\left( \begin{pmatrix} a & b \\ c & d \end{pmatrix} \right]"#)
    #expect(text.matches(of: #/<mtr>/#).count == 2 && text.matches(of: #/<mtd>/#).count == 4)
    #expect(text.contains("<mo stretchy=\"true\">]</mo>"))
  }

  @Test func everythingEndsAndNests() {
    let pieces = [
      "{", "}", "^", "_", "\\", "\\frac", "\\sqrt[", "\\left(", "\\right", "&", "\\\\", "\\begin{cases}",
      "\\end{cases}", "'", "<script>", "x", " ", "\\text{", "]",
    ]
    var state: UInt64 = 7
    for _ in 0..<2000 {
      var tex = ""
      for _ in 0..<12 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        tex += pieces[Int(state >> 33) % pieces.count]
      }
      let html = MathML.html(tex, isBlock: true)
      #expect(!html.contains("<script"))
      var open: [Substring] = []
      for match in html.matches(of: #/<(\/?)([a-z-]+)[^>]*?(\/?)>/#) where match.3.isEmpty {
        if match.1.isEmpty { open.append(match.2) } else { #expect(open.popLast() == match.2, "\(tex)") }
      }
      #expect(open.isEmpty, "\(tex)")
    }
    _ = MathML.html(String(repeating: "{", count: 100_000), isBlock: false)
    _ = MathML.html(String(repeating: #"\hat"#, count: 100_000), isBlock: false)
    _ = MathML.html(String(repeating: #"\left("#, count: 100_000), isBlock: false)
    _ = MathML.html(String(repeating: "x^", count: 100_000), isBlock: false)
  }

  @Test func proseHasFormulas() {
    let html = Markdown.html("Guidance is $\\epsilon_u + w(\\epsilon_c - \\epsilon_u)$, for $5 and $6 not.")
    #expect(html.contains("<math><semantics>") && html.contains("$5 and $6"))
    #expect(Markdown.html("$$x^2$$").contains("display=\"block\""))
  }
}
