import Encoding
import LuaSyntax

/// A variable that the cell tagged `parameters` sets, or that the command line sets after it (papermill's way).
public struct Parameter: Sendable, Equatable {
  public let name: String
  /// The value as Lua source.
  public let source: String

  public init(name: String, source: String) {
    self.name = name
    self.source = source
  }

  /// Reads `key=value`. What is a Lua number, string, `true`, `false`, `nil` or a table of such is that; all else is
  /// text, so that `prompt=a cat` needs no second pair of quotes.
  public init(assignment: String) throws {
    guard let sign = assignment.firstIndex(of: "=") else {
      throw NotebookError("'\(assignment)' is not of the form key=value")
    }
    let name = String(assignment[..<sign])
    let tokens = LuaLexer.tokens(of: name)
    guard tokens.map(\.kind) == [.name], tokens[0].range.count == name.utf8.count,
      name.utf8.allSatisfy({ $0 < 0x80 })
    else { throw NotebookError("'\(name)' is not the name of a variable") }
    let value = String(assignment[assignment.index(after: sign)...])
    self.init(name: name, source: LuaLiteral.kind(of: value) != nil ? value : value.quotedForLua())
  }

  /// The value as JSON, if it is a number, a string or a truth value; other values as their source.
  public var json: JSON {
    let tokens = LuaLexer.tokens(of: source)
    switch source {
    case "true": return true
    case "false": return false
    case "nil": return nil
    default: break
    }
    if tokens.last?.kind == .number, tokens.count <= 2, let value = Double(source), value.isFinite {
      return .number(value)
    }
    if tokens.count == 1, tokens[0].kind == .string, let text = plainText { return .string(text) }
    return .string(source)
  }

  /// What a quoted string without escapes says.
  private var plainText: String? {
    guard let quote = source.first, quote == "\"" || quote == "'", !source.contains("\\") else { return nil }
    return String(source.dropFirst().dropLast())
  }
}

extension Document {
  /// What the cells tagged `parameters` set, with what was injected after them: each name with its last value.
  public var parameters: [Parameter] {
    var parameters: [Parameter] = []
    for cell in cells where cell.isParameters || cell.tags.contains(Self.injectedTag) {
      for parameter in Self.assignments(in: cell.source) {
        if let index = parameters.firstIndex(where: { $0.name == parameter.name }) {
          parameters[index] = parameter
        } else {
          parameters.append(parameter)
        }
      }
    }
    return parameters
  }

  public static let injectedTag = "injected-parameters"

  /// Adds a cell that assigns `parameters`, after the cell tagged `parameters` or else before all others.
  ///
  /// - Returns: what is probably a slip: names that the tagged cell does not know, and values of another kind than there.
  public mutating func inject(_ parameters: [Parameter]) -> ParameterSlips {
    guard !parameters.isEmpty else { return ParameterSlips() }
    cells.removeAll { $0.tags.contains(Self.injectedTag) }
    var cell = Cell(source: parameters.map { "\($0.name) = \($0.source)" }.joined(separator: "\n"))
    cell.title = "Set for this run"
    cell.tags = [Self.injectedTag]
    let place = cells.lastIndex(where: \.isParameters)
    let known = place.map { Self.assignments(in: cells[$0].source) }
    cells.insert(cell, at: place.map { $0 + 1 } ?? 0)
    nameCells()
    return known.map { ParameterSlips(parameters, known: $0) } ?? ParameterSlips()
  }

  /// The assignments `a, b = 1, 2` at the top level of a cell, with `local` or without.
  static func assignments(in source: String) -> [Parameter] {
    var reader = AssignmentReader(source)
    return reader.read()
  }
}

/// What is probably a slip in the parameters that are set from outside.
public struct ParameterSlips: Sendable, Equatable {
  /// Names that the script's own parameters have not.
  public private(set) var unknown: [String] = []
  /// In words, which parameter has become a value of another kind.
  public private(set) var changes: [String] = []

  init() {}

  init(_ parameters: [Parameter], known: [Parameter]) {
    for parameter in parameters {
      guard let own = known.last(where: { $0.name == parameter.name }) else {
        unknown.append(parameter.name)
        continue
      }
      // What the script computes is of a kind that nobody knows yet; nil is the absence of any.
      guard let before = LuaLiteral.kind(of: own.source), let now = LuaLiteral.kind(of: parameter.source),
        before != .nothing, now != .nothing, before != now
      else { continue }
      changes.append(
        "\(parameter.name) is a \(before.rawValue) in the script, and the \(now.rawValue) \(parameter.source) in this run"
      )
    }
  }
}

private struct AssignmentReader {
  private let bytes: [UInt8]
  private let tokens: [LuaToken]
  private var index = 0

  init(_ source: String) {
    bytes = Array(source.utf8)
    tokens = LuaLexer.tokens(of: bytes).filter { $0.kind != .comment }
  }

  mutating func read() -> [Parameter] {
    var result: [Parameter] = []
    while index < tokens.count {
      if text(index) == "local" { index += 1 }
      guard let names = names() else {
        index += 1
        continue
      }
      for (name, value) in zip(names, values()) { result.append(Parameter(name: name, source: value)) }
    }
    return result
  }

  /// `a <const>, b =`; leaves the index alone if there is no such thing.
  private mutating func names() -> [String]? {
    var names: [String] = []
    var next = index
    while next < tokens.count, tokens[next].kind == .name {
      names.append(text(next))
      next += text(next + 1) == "<" && text(next + 3) == ">" ? 4 : 1
      if text(next) == "=", text(next + 1) != "=" {
        index = next + 1
        return names
      }
      guard text(next) == "," else { return nil }
      next += 1
    }
    return nil
  }

  /// The expressions up to the end of the statement: of the line, unless a bracket or an operator leaves it open.
  private mutating func values() -> [String] {
    var values: [String] = []
    var depth = 0
    var start = index
    while index < tokens.count {
      let token = text(index)
      if ["(", "{", "["].contains(token) { depth += 1 }
      if [")", "}", "]"].contains(token) { depth -= 1 }
      let isLast = index + 1 == tokens.count
      if depth == 0, token == "," {
        values.append(source(start, index - 1))
        start = index + 1
      } else if isLast || (depth <= 0 && endsStatement(index)) {
        values.append(source(start, index))
        index += 1
        return values
      }
      index += 1
    }
    return values
  }

  private func endsStatement(_ index: Int) -> Bool {
    let next = text(index + 1)
    if next == ";" { return true }
    let gap = bytes[tokens[index].range.upperBound..<tokens[index + 1].range.lowerBound]
    guard gap.contains(0x0A) else { return false }
    let open: Set = [
      "+", "-", "*", "/", "%", "^", "#", "&", "~", "|", "<", ">", "=", ".", ",", "and", "or", "not",
    ]
    return !open.contains(text(index)) && !open.subtracting(["not", "#"]).contains(next)
  }

  private func source(_ first: Int, _ last: Int) -> String {
    guard first <= last else { return "" }
    return String(
      decoding: bytes[tokens[first].range.lowerBound..<tokens[last].range.upperBound], as: UTF8.self)
  }

  private func text(_ index: Int) -> String {
    index < tokens.count ? String(decoding: bytes[tokens[index].range], as: UTF8.self) : ""
  }
}
