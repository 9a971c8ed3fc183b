import Encoding
import Lua
import LuaSyntax
import Notebook

extension Session {
  /// `lunette.display`.
  func bindDisplay(_ lunette: LuaModule) throws {
    try lunette.function("clear_output({wait})") { [weak self] call in
      self?.clear(waits: try call["wait"] ?? false)
    }
    try lunette.function("display(value, {caption, size, columns, labels, id, update})") { [weak self] call in
      guard let self else { return }
      guard call.count > 0 else { throw LuaArgumentError(1, "value expected, got no value") }
      var metadata: JSON.Object = [:]
      if let caption: String = try call["caption"] { metadata["caption"] = .string(caption) }
      let shown = try ShownPictures.read(call)
      func bundle() throws -> MIMEBundle { try shown?.bundle ?? self.bundle(of: call.slot(1)) }
      if let width = shown?.width { metadata[MIMEType.png.name] = ["width": .number(width)] }
      let id: String? = try call["id"]
      if try call["update"] ?? false {
        guard let id else { throw call.options.complaint("update", "the id of a display expected with it") }
        return self.update(id, try bundle())
      }
      metadata["display_id"] = id.map(JSON.string)
      self.emit(.display(try bundle(), metadata: metadata))
    }
  }

  /// The forms in which a value shows itself: those of its metamethod `__mimebundle`, else its text.
  ///
  /// - Throws: for a value that takes more than `Session.largestDisplay` bytes: it would be kept in the report, the notebook
  ///   and each message to a frontend.
  func bundle(of slot: LuaSlot) throws -> MIMEBundle {
    let bundle = try wholeBundle(of: slot)
    for type in bundle.types {
      let size = bundle[type]?.byteCount ?? 0
      guard size <= Self.largestDisplay else {
        throw LuaError(
          message: "the \(slot.described) takes \(size >> 20) MiB to be shown as \(type), where at most "
            + "\(Self.largestDisplay >> 20) MiB are; show a part of it, or write it to a file")
      }
    }
    return bundle
  }

  /// In bytes, for each form of a value.
  private static let largestDisplay = 64 << 20

  private func wholeBundle(of slot: LuaSlot) throws -> MIMEBundle {
    guard case .function(let describe) = try slot.metafield("__mimebundle") else {
      if slot.kind == .table, let bundle = try plugins?.display(slot) {
        return try bundle.withSlot { try Self.bundle(from: $0) }
      }
      return MIMEBundle(plain: try text(of: slot))
    }
    let bundle = try describe.call(with: [slot]) { try Self.bundle(from: $0.first) }
    if bundle.isEmpty { return MIMEBundle(plain: try text(of: slot)) }
    return bundle
  }

  /// A table of strings by MIME type.
  private static func bundle(from table: LuaSlot?) throws -> MIMEBundle {
    guard let table, table.kind == .table else {
      throw LuaError(message: "__mimebundle must return a table, got \(table?.described ?? "no value")")
    }
    var bundle = MIMEBundle()
    var forms: [(String, [UInt8])] = []
    try table.forEachPair { key, value in
      guard let type = key.string, let bytes = try? LuaBytes.read(value) else {
        throw LuaError(message: "__mimebundle must return strings by MIME type, got \(value.described)")
      }
      forms.append((type, bytes.bytes))
    }
    for (name, bytes) in forms.sorted(by: { $0.0 < $1.0 }) {
      bundle[MIMEType(name)] = .init(bytes, as: MIMEType(name))
    }
    return bundle
  }

  /// The value as text: tables with their contents, everything else as `tostring` has it.
  func text(of slot: LuaSlot) throws -> String {
    guard slot.kind == .table, try slot.metafield("__tostring").isNil else { return try slot.tostring() }
    var printer = TablePrinter()
    try printer.print(slot, depth: 0)
    return printer.text
  }
}

/// Writes tables as Lua would, sorted, cut where they are long or deep.
private struct TablePrinter {
  private(set) var text = ""
  private var left = 200

  mutating func print(_ slot: LuaSlot, depth: Int) throws {
    switch slot.kind {
    case .table where try slot.metafield("__tostring").isNil: try printTable(slot, depth: depth)
    case .string: text += (slot.string ?? "").quotedForLua(limit: 400)
    default: text += try slot.tostring()
    }
  }

  private mutating func printTable(_ slot: LuaSlot, depth: Int) throws {
    guard depth < 4 else {
      text += "{…}"
      return
    }
    let count = slot.count
    var fields: [(String, LuaReference)] = []
    try slot.forEachPair { key, value in
      if let position = key.integer, position >= 1, position <= count { return }
      let name = key.string.map { isIdentifier($0) ? $0 : "[\($0.quotedForLua(limit: 400))]" }
      fields.append((try name ?? "[\(key.tostring())]", try value.reference()))
    }
    var isFirst = true
    func next(_ printer: inout TablePrinter) -> Bool {
      printer.text += isFirst ? "{ " : ", "
      isFirst = false
      printer.left -= 1
      if printer.left < 0 { printer.text += "…" }
      return printer.left >= 0
    }
    for position in 0..<count {
      guard next(&self) else { break }
      try slot.withItem(position + 1) { try print($0, depth: depth + 1) }
    }
    for (name, value) in fields.sorted(by: { $0.0 < $1.0 }) {
      guard left >= 0, next(&self) else { break }
      text += name + " = "
      try value.withSlot { try print($0, depth: depth + 1) }
    }
    text += isFirst ? "{}" : " }"
  }

  private func isIdentifier(_ name: String) -> Bool {
    guard let first = name.utf8.first, first >= UInt8(ascii: "A") else { return false }
    return name.utf8.allSatisfy {
      ($0 | 0x20 >= UInt8(ascii: "a") && $0 | 0x20 <= UInt8(ascii: "z")) || $0 == UInt8(ascii: "_")
        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
    }
  }
}
