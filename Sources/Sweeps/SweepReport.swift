import Encoding
import Platform

/// What was measured, as files that others read: rows sorted by item, the fields of the item first.
public struct SweepReport {
  public let records: [SweepRecord]
  /// Names of the items' fields, then of the results', each sorted.
  public let itemColumns: [String]
  public let resultColumns: [String]

  public init(_ records: [SweepRecord]) {
    self.records = records
    itemColumns = Set(records.flatMap(\.item.fields.keys)).sorted()
    resultColumns = Set(records.flatMap { $0.row?.keys ?? [] }).sorted()
  }

  /// RFC 4180, without its carriage returns. A number reads back to the same bits; a picture is its file's name, a tensor or a table is
  /// JSON; what an item or a row does not have is empty.
  public func csv() -> String {
    var text = (itemColumns + resultColumns).map(Self.quoted).joined(separator: ",") + "\n"
    for record in records {
      let cells = itemColumns.map { record.item.fields[$0] } + resultColumns.map { record.row?[$0] }
      text += cells.map { $0.map(Self.cell) ?? "" }.joined(separator: ",") + "\n"
    }
    return text
  }

  /// One object a line. What is not finite is `NaN`, `Infinity` or `-Infinity`, as Python's reader takes them.
  public func jsonLines() -> String {
    var text = ""
    for record in records {
      var object = record.item.fields
      for (name, value) in record.row?.members ?? zip([], []) { object[name] = Self.plain(value) }
      text += JSON.object(object).text() + "\n"
    }
    return text
  }

  private static func cell(_ value: JSON) -> String {
    switch plain(value) {
    case .null: ""
    case .bool(let value): value ? "true" : "false"
    case .number(let number):
      ["NaN": "nan", "Infinity": "inf", "-Infinity": "-inf"][number.literal] ?? number.literal
    case .string(let text): quoted(text)
    case let other: quoted(other.text())
    }
  }

  private static func quoted(_ text: String) -> String {
    guard text.utf8.contains(where: { [0x22, 0x2C, 0x0A, 0x0D].contains($0) }) else { return text }
    return "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
      + "\""
  }

  /// Pictures by their names, tensors as nested lists.
  static func plain(_ value: JSON) -> JSON {
    if let picture = SweepValue.picture(value) { return .string(picture.path) }
    if let tensor = SweepValue.tensor(value) {
      return nested(tensor.elements[...], tensor.shape[...])
    }
    return value
  }

  private static func nested(_ elements: ArraySlice<Float>, _ shape: ArraySlice<Int>) -> JSON {
    guard let size = shape.first else { return elements.first.map(number) ?? .null }
    if shape.count == 1 { return .array(elements.map(number)) }
    let width = size == 0 ? 0 : elements.count / size
    return .array(
      (0..<size).map { place in
        let start = elements.startIndex + place * width
        return nested(elements[start..<start + width], shape.dropFirst())
      })
  }

  /// The shortest literal that reads back as the same float32.
  private static func number(_ value: Float) -> JSON {
    guard value.isFinite else { return .exact(Double(value)) }
    return (try? JSON(parsing: "\(value)")) ?? .exact(Double(value))
  }
}
