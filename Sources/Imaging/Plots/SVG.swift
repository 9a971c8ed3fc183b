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
    _ string: String, x: Double, y: Double, anchor: String = "middle", attributes: String = ""
  ) {
    text += "<text x=\"\(SVG.number(x))\" y=\"\(SVG.number(y))\" text-anchor=\"\(anchor)\"\(attributes)>"
    text += SVG.escaped(string) + "</text>\n"
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
