import Lua

/// What one option may be: `{ "integer", 30, min = 1 }`, `{ { "erase", "fade" }, "erase" }`, `{ "string", list = "or one" }`, or
/// a function that gives the value that is meant, or nil and what is wrong.
struct OptionSpec {
  let name: String
  private let kind: Kind
  private let `default`: LuaValue
  private let isRequired: Bool
  private let shape: Shape
  private let least: Double?
  private let most: Double?

  private enum Kind {
    /// A type of Lua, or that of a userdata.
    case type(String)
    case integer
    case choice([String])
    case check(LuaFunction)
  }

  private enum Shape { case one, list, oneOrList }

  private static let types = [
    "any", "string", "boolean", "number", "table", "function", "tensor", "image", "model", "trace",
  ]

  /// All options of a specification, sorted by name.
  static func all(in spec: LuaSlot) throws -> [OptionSpec] {
    var options: [OptionSpec] = []
    try spec.forEachPair { key, entry in
      guard let name = key.string else {
        throw ScriptingError("the specification of options: names expected, got [\(key.described)]")
      }
      do { options.append(try OptionSpec(name, entry)) } catch let error as LuaMismatch {
        throw ScriptingError("the specification of option '\(name)': \(error)")
      }
    }
    return options.sorted { $0.name < $1.name }
  }

  private init(_ name: String, _ entry: LuaSlot) throws {
    self.name = name
    guard entry.kind == .table else { throw LuaMismatch(expected: "table", got: entry) }
    kind = try entry.withItem(1) { slot in
      switch slot.kind {
      case .function: return .check(try LuaFunction.read(slot))
      case .table: return .choice(try [String].read(slot))
      default:
        let type = try String.read(slot)
        if type == "integer" { return .integer }
        guard Self.types.contains(type) else { throw LuaMismatch("there is no kind '\(type)'") }
        return .type(type)
      }
    }
    `default` = try entry.withItem(2) { try LuaValue.read($0) }
    isRequired = try entry.withField("required") { try Bool?.read($0) } ?? false
    least = try entry.withField("min") { try Double?.read($0) }
    most = try entry.withField("max") { try Double?.read($0) }
    shape = try entry.withField("list") { slot in
      if slot.isNothing { return .one }
      if slot.string == "or one" { return .oneOrList }
      return try Bool.read(slot) ? .list : .one
    }
  }

  /// The option's value in a table of them, or its default; a list where it may be one.
  func value(in given: LuaSlot) throws -> LuaValue {
    guard !given.isNothing else { return try missing() }
    return try given.withField(name) { slot in
      if slot.isNothing { return try missing() }
      do { return try value(of: slot) } catch let error as LuaMismatch {
        throw LuaMismatch("option '\(name)': \(error)")
      }
    }
  }

  private func missing() throws -> LuaValue {
    guard isRequired else { return `default` }
    throw LuaMismatch("option '\(name)': \(expected) expected, got nil")
  }

  private func value(of slot: LuaSlot) throws -> LuaValue {
    if case .check(let function) = kind {
      return try function.call(with: [try LuaValue.read(slot)]) { results in
        if let value = results.first, !value.isNothing { return try LuaValue.read(value) }
        throw LuaMismatch(results.count > 1 ? try String.read(results[1]) : "not possible")
      }
    }
    let isList = slot.kind == .table && shape != .one
    guard isList || shape != .list else { throw mismatch(slot) }
    guard isList else {
      guard fits(slot) else { throw mismatch(slot) }
      return shape == .one ? try .read(slot) : .table(try slot.state.table(of: [try .read(slot)]))
    }
    let values = try [LuaValue].read(slot)
    guard !values.isEmpty else { throw LuaMismatch("an empty list leaves nothing") }
    for place in 1...values.count {
      try slot.withItem(place) { item in
        guard fits(item) else { throw LuaMismatch("\(mismatch(item)) at [\(place)]") }
      }
    }
    return .table(try slot.state.table(of: values))
  }

  private func fits(_ slot: LuaSlot) -> Bool {
    switch kind {
    case .type("any"): return true
    case .type("number"):
      guard let number = slot.number, !number.isNaN else { return false }
      return isWithin(number)
    case .integer: return slot.integer.map { isWithin(Double($0)) } ?? false
    case .type(let name): return slot.described == name && slot.kind != .number
    case .choice(let choices): return slot.string.map(choices.contains) ?? false
    case .check: return true
    }
  }

  private func isWithin(_ number: Double) -> Bool {
    number >= least ?? -.infinity && number <= most ?? .infinity
  }

  private func mismatch(_ slot: LuaSlot) -> LuaMismatch {
    let found =
      slot.string.map { "'\($0)'" } ?? slot.boolean.map { "\($0)" }
      ?? (slot.number?.isNaN == true ? "nan" : slot.described)
    return LuaMismatch("\(expected) expected, got \(found)")
  }

  // MARK: In words

  private var expected: String {
    switch shape {
    case .one: one.singular
    case .list: "a list of \(one.plural)"
    case .oneOrList: "\(one.singular) or a list of them"
    }
  }

  private var one: (singular: String, plural: String) {
    switch kind {
    case .type("any"): return ("a value", "values")
    case .type("boolean"): return ("true or false", "true or false")
    case .type("number"): return ("a number\(range)", "numbers\(range)")
    case .type(let name): return (name == "image" ? "an image" : "a \(name)", "\(name)s")
    case .integer where least == 1 && most == nil: return ("a positive integer", "positive integers")
    case .integer: return ("an integer\(range)", "integers\(range)")
    case .choice(let choices):
      let names = "'" + choices.joined(separator: "', '") + "'"
      return ("one of \(names)", names)
    case .check: return ("a value", "values")
    }
  }

  private var range: String {
    switch (least, most) {
    case (nil, nil): ""
    case (let least?, nil): " of at least \(text(of: least))"
    case (nil, let most?): " of at most \(text(of: most))"
    case (let least?, let most?): " from \(text(of: least)) to \(text(of: most))"
    }
  }
}

extension LuaState {
  /// A list.
  fileprivate func table(of values: [LuaValue]) throws -> LuaTable {
    let table = try table(list: values.count)
    for (index, value) in values.enumerated() { try table.set(index + 1, value) }
    return table
  }
}
