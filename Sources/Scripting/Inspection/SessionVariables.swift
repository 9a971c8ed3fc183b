import Lua
import LuaSyntax
import Models
import Notebook
import Tensor

/// What the prompt says of a session: its variables, its models' sites, a name that nobody has.
extension Session {
  public struct Variable: Sendable, Equatable {
    public let name: String
    public let type: String
    /// In one short line; empty where the type says it all.
    public let value: String
  }

  /// The session's variables that have a value, with what they are. Nothing of the script runs.
  public var describedVariables: [Variable] {
    variables.sorted().compactMap { name in
      (try? withValue(at: LuaPath(head: name)) { slot in
        Variable(name: name, type: slot.kind == .number ? "number" : slot.described, value: Self.short(slot))
      }) ?? nil
    }
  }

  private static func short(_ slot: LuaSlot) -> String {
    switch slot.kind {
    case .boolean: return slot.boolean == true ? "true" : "false"
    case .number: return (try? slot.tostring()) ?? ""
    case .string:
      let text = slot.string ?? ""
      let line = text.prefix { $0 != "\n" }
      return "\"\(line.prefix(40))\(line.count > 40 || line.count < text.count ? "…" : "")\""
    case .table:
      let count = slot.count
      return count > 0 ? "\(count) item\(count == 1 ? "" : "s")" : ""
    case .function: return slot.signature ?? ""
    case .userdata:
      if let tensor = try? Tensor.read(slot) {
        return Shape.text(tensor.shape) + (tensor.requiresGradient ? " with gradient" : "")
      }
      // What our own types say of themselves is Swift, whatever scripts do.
      return slot.members == nil ? "" : ((try? slot.tostring()) ?? "")
    default: return ""
    }
  }

  /// The sites of the session's models that match a pattern, all where it is empty: name, kind and shape.
  ///
  /// - Throws: for a pattern that is none, or without a model.
  public func describedSites(matching text: String) throws -> [(name: String, kind: String, shape: String)] {
    guard let model = models.first else { throw ScriptingError("there is no model in any variable") }
    let all = try model.pipeline.sites().sites
    guard !text.isEmpty else { return all.map { ($0.name, $0.kind.rawValue, $0.shape) } }
    let pattern = try SitePattern(text)
    let found = all.filter { pattern.matches($0.name) }
    guard !found.isEmpty else {
      let nearest = pattern.nearest(in: all.map(\.name)).map { "'\($0)'" }.joined(separator: ", ")
      throw ScriptingError("'\(text)' matches no site; the nearest are \(nearest)")
    }
    return found.map { ($0.name, $0.kind.rawValue, $0.shape) }
  }

  /// What is wrong with an entry that is nothing but a name which no variable has; nil for any other.
  public func unknownName(in source: String) -> String? {
    let text = LuaText(Array(source.utf8))
    guard !text.tokens.isEmpty, let path = text.path(endingAt: text.tokens.count - 1),
      text.tokens.count == 1 + 2 * path.steps.count, text.tokens[0].kind == .name,
      !variables.contains(path.head)
    else { return nil }
    let isGlobal = (try? lua.globals.withSlot { try $0.withRawField(path.head) { !$0.isNothing } }) ?? true
    guard !isGlobal else { return nil }
    let globals = (try? lua.globals.withSlot { try fieldNames(of: $0) }) ?? []
    let hint = nearestName(to: path.head, among: (globals + variables).sorted()).map {
      "; did you mean '\($0)'?"
    }
    return "there is no variable '\(path.head)'\(hint ?? "")"
  }
}
