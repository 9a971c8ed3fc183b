import Encoding

/// Rows of values under named columns: what `lunette.table` shows.
public struct Table: Sendable, Equatable {
  public enum Value: Sendable, Equatable {
    case none
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case text(String)
  }

  public var columns: [String]
  /// As many values per row as there are columns; what a short row lacks is `none`.
  public private(set) var rows: [[Value]]

  public init(columns: [String], rows: [[Value]]) {
    self.columns = columns
    self.rows = rows.map { row in
      Array((row + Array(repeating: .none, count: max(0, columns.count - row.count))).prefix(columns.count))
    }
  }

  public var mimeBundle: MIMEBundle {
    var bundle = MIMEBundle(plain: plainText)
    bundle[.html] = .text(html)
    bundle[.csv] = .text(csv)
    return bundle
  }

  /// RFC 4180, but with plain line feeds; numbers in full precision. Python's `csv` module reads it back as it was.
  public var csv: String {
    ([columns] + rows.map { $0.map(\.exact) }).map { Self.csvLine($0) + "\n" }.joined()
  }

  private static func csvLine(_ fields: [String]) -> String {
    // One empty field would be an empty line, which readers pass over.
    fields == [""] ? "\"\"" : fields.map(csvField).joined(separator: ",")
  }

  private static func csvField(_ text: String) -> String {
    guard text.utf8.contains(where: { $0 == 0x22 || $0 == 0x2C || $0 == 0x0A || $0 == 0x0D }) else {
      return text
    }
    // By scalars: to Swift a quote with an accent on it is a letter of its own.
    var field = "\""
    for scalar in text.unicodeScalars {
      if scalar == "\"" { field.unicodeScalars.append(scalar) }
      field.unicodeScalars.append(scalar)
    }
    field.unicodeScalars.append("\"")
    return field
  }

  /// A list of one object per row.
  public var json: JSON {
    .array(
      rows.map { row in
        var object: JSON.Object = [:]
        for (column, value) in zip(columns, row) { object[column] = value.json }
        return .object(object)
      })
  }

  /// For a terminal: padded columns, numbers to the right.
  public var plainText: String {
    let cells = rows.map { $0.map(\.shown) }
    let widths = columns.indices.map { column in
      cells.reduce(columns[column].count) { max($0, $1[column].count) }
    }
    let numeric = columns.indices.map(isNumeric)
    func line(_ texts: [String]) -> String {
      let padded = texts.indices.map { column in
        let fill = String(repeating: " ", count: widths[column] - texts[column].count)
        return numeric[column] ? fill + texts[column] : texts[column] + fill
      }
      var line = padded.joined(separator: "  ")
      while line.last == " " { line.removeLast() }
      return line
    }
    let rule = widths.map { String(repeating: "─", count: $0) }.joined(separator: "  ")
    return ([line(columns), rule] + cells.map(line)).joined(separator: "\n")
  }

  /// Each cell carries its exact value in `data-value`, by which the report sorts.
  public var html: String {
    let numeric = columns.indices.map(isNumeric)
    var html = "<table class=\"data\">\n<thead><tr>"
    for (index, column) in columns.enumerated() {
      html += "<th\(numeric[index] ? " class=\"number\"" : "")>\(escapedHTML(column))</th>"
    }
    html += "</tr></thead>\n<tbody>\n"
    for row in rows {
      html += "<tr>"
      for (index, value) in row.enumerated() {
        let attributes =
          numeric[index] ? " class=\"number\" data-value=\"\(escapedHTML(value.exact))\"" : ""
        html += "<td\(attributes)>\(escapedHTML(value.shown))</td>"
      }
      html += "</tr>\n"
    }
    return html + "</tbody>\n</table>"
  }

  private func isNumeric(_ column: Int) -> Bool {
    var found = false
    for row in rows {
      switch row[column] {
      case .integer, .number: found = true
      case .none: continue
      default: return false
      }
    }
    return found
  }
}

extension Table.Value {
  /// All digits, for files.
  var exact: String {
    switch self {
    case .none: ""
    case .bool(let value): value ? "true" : "false"
    case .integer(let value): String(value)
    case .number(let value): "\(value)"
    case .text(let value): value
    }
  }

  /// Four significant digits, for eyes.
  var shown: String {
    switch self {
    case .none: "–"
    case .number(let value): value.significant(4)
    default: exact
    }
  }

  var json: JSON {
    switch self {
    case .none: .null
    case .bool(let value): .bool(value)
    case .integer(let value): .number(value)
    case .number(let value): .number(value)
    case .text(let value): .string(value)
    }
  }
}

extension Double {
  /// The value with `digits` significant digits: `0.1234`, `12.3`, `1.235e+08`.
  func significant(_ digits: Int) -> String {
    guard isFinite, self != 0 else { return self == 0 ? "0" : "\(self)" }
    let (mantissa, exponent) = decimal(digits)
    let sign = self < 0 ? "-" : ""
    let places = digits - 1 - exponent
    guard exponent >= -5, exponent < 8 else {
      let point = mantissa.dropFirst().isEmpty ? "" : "." + mantissa.dropFirst()
      let power = (exponent < 0 ? "-" : "+") + (abs(exponent) < 10 ? "0" : "") + String(abs(exponent))
      return sign + mantissa.prefix(1) + point.trimmingZeros() + "e" + power
    }
    guard places > 0 else { return sign + mantissa + String(repeating: "0", count: -places) }
    let padded = String(repeating: "0", count: max(0, places + 1 - mantissa.count)) + mantissa
    return sign + padded.dropLast(places) + ("." + padded.suffix(places)).trimmingZeros()
  }

  /// The rounded digits of a finite, non-zero value, and the power of ten of the first of them.
  private func decimal(_ digits: Int) -> (String, Int) {
    let text = "\(magnitude)"  // shortest exact: `1234.5`, `1e-07`
    let parts = text.split(separator: "e")
    let point = parts[0].split(separator: ".", omittingEmptySubsequences: false)
    var all = Array((point[0] + (point.count > 1 ? point[1] : "")).utf8)
    var exponent = point[0].count - 1 + (parts.count > 1 ? Int(parts[1]) ?? 0 : 0)
    while all.first == 0x30 {
      all.removeFirst()
      exponent -= 1
    }
    while all.count <= digits { all.append(0x30) }
    let up = all[digits] >= 0x35
    all = Array(all.prefix(digits))
    var index = digits - 1
    while up, index >= 0 {
      all[index] += 1
      if all[index] <= 0x39 { break }
      all[index] = 0x30
      index -= 1
    }
    if up, index < 0 {
      all = [0x31] + all.dropLast()
      exponent += 1
    }
    return (String(decoding: all, as: UTF8.self), exponent)
  }
}

extension String {
  /// Without the zeros, and the point, that end a fraction.
  fileprivate func trimmingZeros() -> String {
    guard contains(".") else { return self }
    var text = self
    while text.last == "0" { text.removeLast() }
    if text.last == "." { text.removeLast() }
    return text
  }
}
