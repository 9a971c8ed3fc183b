import Lua

/// A value of a manifest, as data.
indirect enum ManifestValue: Equatable {
  case string(String)
  case number(Double)
  case boolean(Bool)
  case list([ManifestValue])
  case table([String: ManifestValue])

  var string: String? { if case .string(let value) = self { value } else { nil } }
  var strings: [String]? {
    guard case .list(let items) = self else { return nil }
    let strings = items.compactMap(\.string)
    return strings.count == items.count ? strings : nil
  }
  var table: [String: ManifestValue]? {
    switch self {
    case .table(let fields): fields
    case .list(let items) where items.isEmpty: [:]
    default: nil
    }
  }
}

/// Reads a rockspec, which is Lua, as data: in an interpreter of its own without a single function, not even the methods
/// of strings, with little memory and few steps.
enum ManifestText {
  private static let memory = 8 << 20
  private static let steps = 200_000
  private static let deepest = 8

  static func read(_ text: String, file: String) throws -> [String: ManifestValue] {
    guard text.utf8.count <= 1 << 20 else { throw PluginError("\(file): a manifest of more than a megabyte") }
    do {
      let lua = try LuaState(memoryLimit: memory, libraries: .none)
      defer { lua.close() }
      let globals = try lua.table()
      let chunk = try lua.load(text, name: file, environment: globals)
      lua.limitSteps(steps)
      try chunk.call()
      return try fields(.table(globals), path: "", file: file, depth: 0)
    } catch let error as LuaError {
      let message = error.message.hasPrefix(file) ? error.message : "\(file): \(error.message)"
      throw PluginError(message)
    }
  }

  private static func fields(_ value: LuaValue, path: String, file: String, depth: Int) throws -> [String:
    ManifestValue]
  {
    guard case .table(let fields) = try convert(value, path: path, file: file, depth: depth) else {
      return [:]
    }
    return fields
  }

  private static func convert(_ value: LuaValue, path: String, file: String, depth: Int) throws
    -> ManifestValue
  {
    switch value {
    case .string(let text): return .string(text)
    case .integer(let number): return .number(Double(number))
    case .number(let number): return .number(number)
    case .boolean(let flag): return .boolean(flag)
    case .table(let table):
      guard depth < deepest else { throw PluginError("\(file): '\(path)' is nested too deep") }
      var fields: [String: ManifestValue] = [:]
      var items: [Int: ManifestValue] = [:]
      for (key, value) in try table.pairs() {
        switch key {
        case .string(let name):
          let inner = path.isEmpty ? name : "\(path).\(name)"
          fields[name] = try convert(value, path: inner, file: file, depth: depth + 1)
        case .integer(let place):
          items[place] = try convert(value, path: "\(path)[\(place)]", file: file, depth: depth + 1)
        default: throw PluginError("\(file): '\(path)' has a key that is no name")
        }
      }
      if items.isEmpty { return fields.isEmpty && depth > 0 ? .list([]) : .table(fields) }
      guard fields.isEmpty, items.keys.allSatisfy({ (1...items.count).contains($0) }) else {
        throw PluginError("\(file): '\(path)' is neither a list nor a table of names")
      }
      return .list((1...items.count).compactMap { items[$0] })
    default: throw PluginError("\(file): '\(path)' is no text, number or table")
    }
  }
}
