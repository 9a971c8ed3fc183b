extension JSON: CustomStringConvertible {
  /// The value as compact text.
  public var description: String { text() }

  /// The value as text. With `indent` every member and element has its own line, as Jupyter writes its files.
  public func text(indent: Int? = nil) -> String {
    var out = ""
    write(to: &out, indent: indent, level: 0)
    return out
  }

  private func write(to out: inout String, indent: Int?, level: Int) {
    switch self {
    case .null: out += "null"
    case .bool(let value): out += value ? "true" : "false"
    case .number(let number): out += number.literal
    case .string(let value): JSON.quote(value, to: &out)
    case .array(let elements):
      JSON.list(elements, "[", "]", to: &out, indent: indent, level: level) { element, out in
        element.write(to: &out, indent: indent, level: level + 1)
      }
    case .object(let object):
      JSON.list(Array(object.members), "{", "}", to: &out, indent: indent, level: level) { member, out in
        JSON.quote(member.0, to: &out)
        out += indent == nil ? ":" : ": "
        member.1.write(to: &out, indent: indent, level: level + 1)
      }
    }
  }

  private static func list<T>(
    _ items: [T], _ open: String, _ close: String, to out: inout String, indent: Int?, level: Int,
    _ body: (T, inout String) -> Void
  ) {
    out += open
    for (index, item) in items.enumerated() {
      if index > 0 { out += "," }
      newLine(level + 1)
      body(item, &out)
    }
    if !items.isEmpty { newLine(level) }
    out += close

    func newLine(_ level: Int) {
      guard let indent else { return }
      out += "\n" + String(repeating: " ", count: indent * level)
    }
  }

  private static func quote(_ text: String, to out: inout String) {
    out += "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case "\n": out += "\\n"
      case "\r": out += "\\r"
      case "\t": out += "\\t"
      case "\u{8}": out += "\\b"
      case "\u{C}": out += "\\f"
      case "\u{0}"..<" ":
        let digits = String(scalar.value, radix: 16)
        out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: out.unicodeScalars.append(scalar)
      }
    }
    out += "\""
  }
}
