import Glibc

/// Builds SVG text. Numbers have at most two decimals: a hundredth of a pixel is enough, and the files stay small
/// and the same everywhere.
struct SVG {
  private(set) var text = ""

  mutating func element(_ name: String, _ attributes: KeyValuePairs<String, String>, content: String? = nil) {
    text += "<\(name)"
    for (key, value) in attributes { text += " \(key)=\"\(SVG.escaped(value))\"" }
    text += content.map { ">\($0)</\(name)>\n" } ?? "/>\n"
  }

  mutating func group(_ attributes: KeyValuePairs<String, String>, _ body: (inout SVG) throws -> Void)
    rethrows
  {
    var inner = SVG()
    try body(&inner)
    guard !inner.text.isEmpty else { return }
    element("g", attributes, content: "\n" + inner.text)
  }

  mutating func raw(_ markup: String) { text += markup }

  mutating func text(
    _ string: String, x: Double, y: Double, anchor: String = "middle", attributes: String = "",
    tip: String? = nil
  ) {
    text += "<text x=\"\(SVG.number(x))\" y=\"\(SVG.number(y))\" text-anchor=\"\(anchor)\"\(attributes)>"
    if let tip { text += "<title>\(SVG.escaped(tip))</title>" }
    text += SVG.escaped(string) + "</text>\n"
  }

  /// A text in several lines, the first of them at `y`. What was left out of it is shown by a pointer that rests there.
  mutating func text(
    lines: [String], whole: String, x: Double, y: Double, leading: Double, anchor: String = "middle",
    attributes: String = ""
  ) {
    let isWhole = lines.joined(separator: " ").filter { $0 != " " } == whole.filter { $0 != " " }
    for (row, line) in lines.enumerated() {
      text(
        line, x: x, y: y + Double(row) * leading, anchor: anchor, attributes: attributes,
        tip: isWhole ? nil : whole)
    }
  }

  /// A document around a drawing.
  static func document(width: Double, height: Double, title: String, _ body: SVG) -> String {
    var root = SVG()
    root.element(
      "svg",
      [
        "xmlns": "http://www.w3.org/2000/svg", "width": number(width), "height": number(height),
        "viewBox": "0 0 \(number(width)) \(number(height))", "role": "img",
        "aria-label": title, "font-family": PlotStyle.font, "font-size": "12",
      ], content: "\n" + body.text)
    return root.text
  }

  static func number(_ value: Double) -> String {
    guard value.isFinite, abs(value) < 1e9 else { return "0" }
    let hundredths = Int((value * 100).rounded())
    let (whole, rest) = (abs(hundredths) / 100, abs(hundredths) % 100)
    let sign = hundredths < 0 ? "-" : ""
    if rest == 0 { return sign + String(whole) }
    if rest % 10 == 0 { return "\(sign)\(whole).\(rest / 10)" }
    return "\(sign)\(whole).\(rest < 10 ? "0" : "")\(rest)"
  }

  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "\u{0}"..<"\t", "\u{B}"..<"\u{20}": result += " "  // not allowed in XML
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
