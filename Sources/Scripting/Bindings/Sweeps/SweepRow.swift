import Encoding
import Imaging
import Lua
import Platform
import Sweeps
import Tensor

/// What a plan's function gives for an item, made into what is kept: numbers, texts, booleans, tables of them, pictures (as files of
/// their own) and tensors.
struct SweepRow {
  let id: String
  let item: SweepItem
  let folder: String

  /// - Throws: `LuaMismatch` or `ScriptingError` that says what cannot be kept.
  func read(_ slot: LuaSlot) throws -> JSON.Object {
    guard slot.kind == .table else {
      throw ScriptingError("a table of results expected from each, got \(slot.described)")
    }
    var fields: [(String, JSON)] = []
    try slot.forEachPair { key, value in
      guard key.kind == .string, let name = key.string else {
        throw ScriptingError("results by name expected from each, got [\(key.described)]")
      }
      guard item.fields[name] == nil else {
        throw ScriptingError("the result '\(name)' has the name of a field of the item")
      }
      do { fields.append((name, try self.value(value, name))) } catch let error as LuaMismatch {
        throw ScriptingError("the result '\(name)': \(error)")
      }
    }
    return fields.sorted { $0.0 < $1.0 }.reduce(into: JSON.Object()) { $0[$1.0] = $1.1 }
  }

  private func value(_ slot: LuaSlot, _ name: String) throws -> JSON {
    if slot.kind == .userdata, let image = try? Image.read(slot) { return try picture(image, name) }
    return try Self.plain(slot, depth: 0)
  }

  private func picture(_ image: Image, _ field: String) throws -> JSON {
    guard field.utf8.allSatisfy({ $0 != 0x2F && $0 != 0 }), field.utf8.count <= 100 else {
      throw ScriptingError(
        "the result '\(field)': a name that can be part of a file's name expected for a picture")
    }
    let bytes = try image.pngData()
    let path = SweepStore.pictureName(id: id, field: field)
    do throws(FileError) { try SweepStore.writePicture(bytes, as: path, in: folder) } catch {
      throw ScriptingError(error.description)
    }
    return SweepValue.picture(path: path, byteCount: bytes.count)
  }

  private static let deepest = 64
  /// What a row holds is read whole, again and again.
  private static let largestTensor = 1 << 22

  static func plain(_ slot: LuaSlot, depth: Int) throws -> JSON {
    switch slot.kind {
    case .none, .nil: return .null
    case .boolean: return .bool(slot.boolean ?? false)
    case .number:
      if case .integer(let value) = try LuaValue.read(slot) { return .number(value) }
      return .exact(slot.number ?? 0)
    case .string:
      guard case .string(let text) = try LuaValue.read(slot) else {
        throw LuaMismatch("text in UTF-8 expected")
      }
      return .string(text)
    case .table:
      guard depth < deepest else { throw LuaMismatch("tables nested less than \(deepest) deep expected") }
      try slot.state.checkInterrupt()
      return try table(slot, depth: depth + 1)
    default:
      guard let tensor = try? Tensor.read(slot) else {
        throw LuaMismatch(expected: "number, text, boolean, table, picture or tensor", got: slot)
      }
      guard tensor.count <= largestTensor else {
        throw LuaMismatch(
          "tensor of at most \(largestTensor) elements expected, got \(Shape.text(tensor.shape)); a file can hold it, and the sweep its name"
        )
      }
      let elements = try tensor.elements()
      return tensor.rank == 0
        ? .exact(Double(elements.first ?? .nan)) : SweepValue.tensor(shape: tensor.shape, elements)
    }
  }

  private static func table(_ slot: LuaSlot, depth: Int) throws -> JSON {
    let count = slot.count
    var members: [(String, JSON)] = []
    var pairs = 0
    try slot.forEachPair { key, value in
      pairs += 1
      if key.kind == .string, let name = key.string { members.append((name, try plain(value, depth: depth))) }
    }
    if pairs == count {
      return .array(try (0..<count).map { try slot.withItem($0 + 1) { try plain($0, depth: depth) } })
    }
    guard members.count == pairs else {
      throw LuaMismatch("a list without holes, or names only, expected in each table")
    }
    return .object(members.sorted { $0.0 < $1.0 }.reduce(into: JSON.Object()) { $0[$1.0] = $1.1 })
  }

  // MARK: Back

  /// The item with its results, as scripts see them.
  ///
  /// - Parameter opensPictures: whether a picture is opened, or given as its file's name.
  static func pushable(_ record: SweepRecord, in folder: String, opensPictures: Bool) throws -> LuaFields {
    var fields: [(String, any LuaPushable)] = record.item.fields.members.map { ($0, $1) }
    for (name, value) in record.row?.members ?? zip([], []) {
      fields.append((name, try pushable(value, in: folder, opensPictures: opensPictures)))
    }
    return LuaFields(fields)
  }

  private static func pushable(_ value: JSON, in folder: String, opensPictures: Bool) throws
    -> any LuaPushable
  {
    if let picture = SweepValue.picture(value) {
      let path = "\(folder)/\(picture.path)"
      return opensPictures ? try Image(contentsOf: path) : path
    }
    if let tensor = SweepValue.tensor(value) { return try Tensor(tensor.elements, shape: tensor.shape) }
    return value
  }
}
