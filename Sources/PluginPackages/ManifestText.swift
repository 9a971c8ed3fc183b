import Lua

/// Reads a rockspec, which is Lua, as data: in an interpreter of its own without a single function, not even the methods
/// of strings, with little memory, few steps and little time. What it leaves behind is bounded too: one table may stand in a
/// thousand places, and is a thousand tables to whoever reads it.
struct ManifestText {
  /// No text is longer, before or after.
  static let longest = 64 << 10
  private static let memory = 8 << 20
  private static let steps = 200_000
  private static let seconds = 0.5
  private static let deepest = 8
  private static let mostValues = 4096

  private let file: String
  private var values = 0
  private var bytes = 0

  /// - Parameter isApart: in a child without rights, whatever the text may do to the interpreter.
  static func read(_ text: String, file: String, isApart: Bool = false) throws -> [String: ManifestValue] {
    guard text.utf8.count <= longest else {
      throw PluginError("\(file): a manifest of more than \(longest >> 10) KiB")
    }
    return isApart ? try ApartManifest.read(text, file: file) : try run(text, file: file)
  }

  static func run(_ text: String, file: String) throws -> [String: ManifestValue] {
    do {
      let lua = try LuaState(memoryLimit: memory, libraries: .none)
      defer { lua.close() }
      let globals = try lua.table()
      let chunk = try lua.load(code(text), name: file, environment: globals)
      lua.limitWork(steps: steps, seconds: seconds)
      // What the chunk returns is nobody's, and could be large.
      try chunk.call(with: []) { _ in }
      var reader = ManifestText(file: file)
      return try globals.withSlot { try reader.table($0, path: "", depth: 0).table ?? [:] }
    } catch let error as LuaError {
      let message = error.message.hasPrefix(file) ? error.message : "\(file): \(error.message)"
      throw PluginError(message)
    }
  }

  private init(file: String) { self.file = file }

  /// Without the mark of UTF-8 and a first line for Unix, `#!/usr/bin/env lua`, which Lua passes over in files.
  private static func code(_ text: String) -> String {
    let text = text.unicodeScalars.first == "\u{FEFF}" ? String(text.unicodeScalars.dropFirst()) : text
    guard text.hasPrefix("#") else { return text }
    return String(text.unicodeScalars.drop { $0 != "\n" && $0 != "\r" })
  }

  private mutating func convert(_ slot: LuaSlot, path: String, depth: Int) throws -> ManifestValue {
    values += 1
    guard values <= Self.mostValues else {
      throw PluginError("\(file): it has more than \(Self.mostValues) values")
    }
    switch slot.kind {
    case .string: return .string(try text(slot))
    case .number: return .number(slot.number ?? 0)
    case .boolean: return .boolean(slot.boolean ?? false)
    case .table:
      guard depth < Self.deepest else { throw PluginError("\(file): '\(path)' is nested too deep") }
      return try table(slot, path: path, depth: depth)
    default: throw PluginError("\(file): '\(path)' is not a text, a number or a table")
    }
  }

  /// Asked for its length before it is copied.
  private mutating func text(_ slot: LuaSlot) throws -> String {
    let (bytes, longest) = (bytes, Self.longest)
    let text = slot.withBytes { buffer in
      bytes + buffer.count <= longest ? String(decoding: buffer, as: UTF8.self) : nil
    }
    guard case .some(.some(let text)) = text else {
      throw PluginError("\(file): its texts have more than \(Self.longest >> 10) KiB")
    }
    self.bytes += text.utf8.count
    return text
  }

  private mutating func table(_ slot: LuaSlot, path: String, depth: Int) throws -> ManifestValue {
    var fields: [String: ManifestValue] = [:]
    var items: [Int: ManifestValue] = [:]
    try slot.forEachPair { key, value in
      switch key.kind {
      case .string:
        let name = try text(key)
        fields[name] = try convert(value, path: path.isEmpty ? name : "\(path).\(name)", depth: depth + 1)
      case .number where key.integer != nil:
        let place = key.integer ?? 0
        items[place] = try convert(value, path: "\(path)[\(place)]", depth: depth + 1)
      default: throw PluginError("\(file): '\(path)' has a key that is not a name")
      }
    }
    if items.isEmpty { return fields.isEmpty && depth > 0 ? .list([]) : .table(fields) }
    let list = (0..<items.count).compactMap { items[$0 + 1] }
    guard list.count == items.count, fields.isEmpty || fields.keys.elementsEqual(["platforms"]) else {
      throw PluginError("\(file): '\(path)' is neither a list nor a table of names")
    }
    return fields["platforms"].map { .listByPlatform(list, platforms: $0) } ?? .list(list)
  }
}
