import Testing

@testable import Notebook

@Suite struct TableTests {
  let table = Table(
    columns: ["word", "mass"],
    rows: [[.text("a, \"b\""), .number(0.123456)], [.text("c"), .integer(12)], [.none]])

  @Test func csvQuotesWhatItMust() {
    #expect(table.csv == "word,mass\n\"a, \"\"b\"\"\",0.123456\nc,12\n,\n")
  }

  /// Each text and how Python 3.11's `csv.writer(lineterminator="\n")` writes it, beside another field and alone.
  @Test(arguments: [
    ("a\nb", "\"a\nb\""), ("a\r\nb", "\"a\r\nb\""), ("a\rb", "\"a\rb\""), ("\n", "\"\n\""),
    ("\"", "\"\"\"\""),
    ("\"\u{301}", "\"\"\"\u{301}\""), ("a\"\r\n,b", "\"a\"\"\r\n,b\""), (",", "\",\""), (" a ", " a "),
    ("é", "é"),
    ("-1", "-1"), ("'", "'"), ("\\", "\\"), ("\t", "\t"),
  ])
  func csvFields(_ text: String, _ field: String) {
    #expect(
      Table(columns: [text, "b"], rows: [[.text(text), .integer(1)]]).csv == "\(field),b\n\(field),1\n")
    #expect(Table(columns: ["a"], rows: [[.text(text)]]).csv == "a\n\(field)\n")
  }

  @Test func csvHasALineForEveryRow() {
    #expect(Table(columns: ["a"], rows: [[.none], [.text("")], [.integer(1)]]).csv == "a\n\"\"\n\"\"\n1\n")
    #expect(Table(columns: ["a", "b"], rows: [[.none, .text("")]]).csv == "a,b\n,\n")
  }

  @Test func csvAndJSONKeepNumbersAsTheyAre() {
    let table = Table(
      columns: ["x"],
      rows: [
        [.integer(.max)], [.number(0.1)], [.number(1e300)], [.number(-0.0)], [.number(.infinity)],
        [.number(.nan)], [.bool(true)], [.none],
      ])
    #expect(table.csv == "x\n9223372036854775807\n0.1\n1e+300\n-0.0\ninf\nnan\ntrue\n\"\"\n")
    #expect(
      table.json.text()
        == #"[{"x":9223372036854775807},{"x":0.1},{"x":1e+300},{"x":0},{"x":null},{"x":null},{"x":true},{"x":null}]"#
    )
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
