import Lua
import LuaSyntax

extension Session {
  /// Lends `body` the value at a path; nil where there is none. Nothing of the script runs, no property is computed.
  func withValue<R>(at path: LuaPath, _ body: (LuaSlot) throws -> R) throws -> R? {
    if variables.contains(path.head) {
      return try scope.withValue(of: path.head) { try follow(path.steps[...], from: $0, body) } ?? nil
    }
    return try lua.globals.withSlot {
      try $0.withRawField(path.head) { try follow(path.steps[...], from: $0, body) }
    }
  }

  private func follow<R>(
    _ steps: ArraySlice<LuaPath.Step>, from slot: LuaSlot, _ body: (LuaSlot) throws -> R
  ) throws -> R? {
    guard let step = steps.first else { return slot.isNothing ? nil : try body(slot) }
    let rest = steps.dropFirst()
    guard slot.kind == .table else { return nil }
    switch step {
    case .item(let position): return try slot.withItem(position) { try follow(rest, from: $0, body) }
    case .field(let name), .method(let name):
      return try Self.withField(name, of: slot, depth: 0) { try follow(rest, from: $0, body) }
    }
  }

  /// The field of a table, or of the tables that its metatables name.
  private static func withField<R>(
    _ name: String, of table: LuaSlot, depth: Int, _ body: (LuaSlot) throws -> R?
  ) throws -> R? {
    let isThere = try table.withRawField(name) { !$0.isNothing }
    if !isThere, depth < 8, case .table(let parent) = try table.metafield("__index") {
      return try parent.withSlot { try withField(name, of: $0, depth: depth + 1, body) }
    }
    return try table.withRawField(name, body)
  }

  /// The fields of a table that are names, with those of the tables that its metatables name.
  func fieldNames(of table: LuaSlot, onlyFunctions: Bool = false, depth: Int = 0) throws -> Set<String> {
    var names: Set<String> = []
    try table.forEachPair { key, value in
      guard let name = key.string, key.kind == .string, !onlyFunctions || value.kind == .function else {
        return
      }
      names.insert(name)
    }
    if depth < 8, case .table(let parent) = try table.metafield("__index") {
      names.formUnion(
        try parent.withSlot { try fieldNames(of: $0, onlyFunctions: onlyFunctions, depth: depth + 1) })
    }
    return names
  }

  /// The signature of the bound function or method at a path.
  func signature(at path: LuaPath) -> LuaSignature? {
    if let found = try? withValue(at: path, { $0.signature ?? "" }) {
      return found.isEmpty ? nil : LuaSignature(found)
    }
    guard let (parent, step) = path.parent, let name = step.name,
      let members = try? withValue(at: parent, { $0.members })?.flatMap({ $0 })
    else { return nil }
    return members.methods.map { LuaSignature($0) }.first { $0.name == name }
  }

  /// A bound function, by its full name.
  struct BoundFunction {
    let name: String
    let signature: String
    let address: UnsafeRawPointer?
  }

  /// The functions in `lunette` and its modules, sorted.
  func boundFunctions() throws -> [BoundFunction] {
    var found: [BoundFunction] = []
    var seen: Set<UnsafeRawPointer> = []
    func visit(_ table: LuaSlot, _ prefix: String) throws {
      guard let address = table.address, seen.insert(address).inserted else { return }
      try table.forEachPair { key, value in
        guard let name = key.string else { return }
        if let signature = value.signature {
          found.append(
            BoundFunction(name: prefix + name, signature: prefix + signature, address: value.address))
        } else if value.kind == .table {
          if case .function(let call) = try value.metafield("__call"),
            let signature = try call.withSlot({ $0.signature })
          {
            found.append(BoundFunction(name: prefix + name, signature: prefix + signature, address: nil))
          }
          try visit(value, prefix + name + ".")
        }
      }
    }
    try lua.globals.withSlot { try $0.withRawField("lunette") { try visit($0, "") } }
    return found.sorted { $0.name < $1.name }
  }
}
