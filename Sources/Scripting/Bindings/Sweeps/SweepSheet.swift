import Encoding
import Imaging
import Lua
import Sweeps

/// Contact sheets of what a sweep has drawn.
extension ScriptSweep {
  /// A sheet of the pictures of those items that have these values.
  ///
  /// - Parameters:
  ///   - field: the result that is a picture; by default the first there is, by name.
  ///   - label: the field of the item that stands below each picture.
  ///   - most: how many pictures a sheet has at most.
  public func sheet(
    field: String? = nil, where values: JSON.Object = [:], label: String? = nil, columns: Int? = nil,
    most: Int = 256
  ) throws -> Image? {
    let wanted = SweepItem(values).fields
    let records = try measured().sorted.filter { record in
      wanted.members.allSatisfy { record.item.fields[$0.0] == $0.1 }
    }.prefix(most)
    var (images, labels): ([Image], [String]) = ([], [])
    for record in records {
      guard let name = field ?? record.row?.members.first(where: { SweepValue.picture($0.1) != nil })?.0,
        let picture = record.row?[name].flatMap(SweepValue.picture)
      else { continue }
      images.append(try Image(contentsOf: "\(folder)/\(picture.path)"))
      let value = label.flatMap { record.item.fields[$0] }
      labels.append(value.map { $0.string ?? $0.text() } ?? "")
    }
    guard !images.isEmpty else { return nil }
    return try ContactSheet(images, columns: columns, labels: label == nil ? nil : labels).image()
  }

  /// All sheets: one for each combination of the fields other than `label`.
  public func sheets(label: String?, field: String?) throws -> [(title: String, image: Image)] {
    let names = Set(plan.items.flatMap(\.fields.keys)).sorted()
    let label = label ?? (names.contains("seed") ? "seed" : names.last)
    var (seen, sheets): (Set<String>, [(title: String, image: Image)]) = ([], [])
    for record in try measured().sorted {
      let fixed = SweepItem(record.item.fields.only(names.filter { $0 != label })).fields
      let key = JSON.object(fixed).text()
      guard seen.insert(key).inserted, let image = try sheet(field: field, where: fixed, label: label) else {
        continue
      }
      sheets.append((fixed.values.map { $0.string ?? $0.text() }.joined(separator: " "), image))
    }
    return sheets
  }

  func sheet(_ call: LuaCall) throws -> Image {
    let field: String? = try call["field"]
    let wanted = try call.options.read("where") { slot -> JSON.Object in
      if slot.isNothing { return [:] }
      guard case .object(let fields) = try SweepRow.plain(slot, depth: 0) else {
        throw LuaMismatch("values by field expected")
      }
      return fields
    }
    let columns: Int? = try call["columns"]
    let most: Int = try call["most"] ?? 256
    guard columns ?? 1 > 0 else { throw call.options.complaint("columns", "integer of at least 1 expected") }
    guard (1...4096).contains(most) else {
      throw call.options.complaint("most", "integer from 1 to 4096 expected, got \(most)")
    }
    for name in wanted.keys where !plan.items.contains(where: { $0.fields[name] != nil }) {
      throw call.options.complaint("where", "names of the items' fields expected, got '\(name)'")
    }
    guard
      let sheet = try sheet(field: field, where: wanted, label: call["label"], columns: columns, most: most)
    else {
      throw ScriptingError("no item that was measured has such a picture")
    }
    return sheet
  }
}
