import Testing

@testable import Notebook

@Suite struct TableTests {
  let table = Table(
    columns: ["word", "mass"],
    rows: [[.text("a, \"b\""), .number(0.123456)], [.text("c"), .integer(12)], [.none]])

  @Test func csvQuotesWhatItMust() {
    #expect(table.csv == "word,mass\n\"a, \"\"b\"\"\",0.123456\nc,12\n,\n")
  }

  @Test func plainTextAlignsNumbers() {
    #expect(
      table.plainText == "word      mass\n──────  ──────\na, \"b\"  0.1235\nc           12\n–            –")
  }

  @Test func htmlEscapesAndKeepsExactValues() {
    #expect(
      table.html.contains("<td>a, &quot;b&quot;</td><td class=\"number\" data-value=\"0.123456\">0.1235</td>")
    )
  }

  @Test(arguments: [
    (0.99996, "1"), (0.12345678, "0.1235"), (1234.5, "1235"), (-12.3, "-12.3"), (1.23e-9, "1.23e-09"),
    (123456, "123500"),
    (0, "0"), (6.02214e23, "6.022e+23"), (0.00012344, "0.0001234"), (5, "5"),
  ])
  func fourDigits(_ value: Double, _ text: String) {
    #expect(value.significant(4) == text)
  }
}
