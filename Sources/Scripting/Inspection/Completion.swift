import Lua
import LuaSyntax
import Notebook

/// What may stand in place of a part of a text.
public struct Completion: Sendable, Equatable {
  /// The part, as offsets into the text's UTF-8.
  public let range: Range<Int>
  /// Sorted.
  public let candidates: [String]
}

extension Session {
  /// What may complete the text at `cursor` (an offset into its UTF-8): names, fields, methods, options of the function
  /// that is being called; within quotes what is known to stand there, or file names. Nothing of the script runs.
  public func complete(_ source: String, at cursor: Int) -> Completion {
    let cursor = min(max(0, cursor), source.utf8.count)
    let text = LuaText(Array(source.utf8.prefix(cursor)))
    let none = Completion(range: cursor..<cursor, candidates: [])
    guard let last = text.tokens.last else { return names("", text, at: 0, cursor) }
    switch last.kind {
    case .comment where last.range.upperBound == cursor: return none
    case .string where last.range.upperBound == cursor && !isClosed(text, last):
      if let known = completeString(text, at: text.tokens.count - 1, cursor) { return known }
      return FileCompletion.complete(text.bytes, from: last.range.lowerBound + 1, cursor)
    case .number where last.range.upperBound == cursor: return none
    case .string where last.range.upperBound == cursor: return none
    case .symbol
    where last.range.upperBound == cursor && [")", "]", "}"].contains(text.text(text.tokens.count - 1)):
      return none
    case .name, .keyword, .constant:
      guard last.range.upperBound == cursor else { break }
      return names(text.text(text.tokens.count - 1), text, at: text.tokens.count - 1, cursor)
    default: break
    }
    return names("", text, at: text.tokens.count, cursor)
  }

  private func isClosed(_ text: LuaText, _ string: LuaToken) -> Bool {
    let bytes = text.bytes[string.range]
    guard let quote = bytes.first, quote != UInt8(ascii: "[") else { return true }
    return bytes.count > 1 && bytes.last == quote
  }

  /// - Parameter index: of the token that is being written, or of the one that would come.
  private func names(_ prefix: String, _ text: LuaText, at index: Int, _ cursor: Int) -> Completion {
    let candidates: Set<String>
    let before = text.text(index - 1)
    if before == "." || before == ":", text.text(index - 2) != before {
      candidates = text.path(endingAt: index - 2).map { members(of: $0, onlyFunctions: before == ":") } ?? []
    } else if let options = options(text, before: index), !options.isEmpty {
      candidates = options
    } else {
      candidates = Set(visibleNames())
    }
    return Completion(
      range: cursor - prefix.utf8.count..<cursor,
      candidates: candidates.filter { $0.hasPrefix(prefix) && (prefix.hasPrefix("_") || !$0.hasPrefix("__")) }
        .sorted())
  }

  private func members(of path: LuaPath, onlyFunctions: Bool) -> Set<String> {
    let found = try? withValue(at: path) { slot -> Set<String> in
      if let members = slot.members {
        let methods = members.methods.map { LuaSignature($0).name }
        return Set(onlyFunctions ? methods : methods + members.properties)
      }
      if slot.kind == .string {
        return try lua.globals.withSlot { try $0.withRawField("string") { try fieldNames(of: $0) } }
      }
      return slot.kind == .table ? try fieldNames(of: slot, onlyFunctions: onlyFunctions) : []
    }
    return (found ?? nil) ?? []
  }

  /// The keys that the options table around the cursor may have, where a key may stand.
  private func options(_ text: LuaText, before index: Int) -> Set<String>? {
    guard ["{", ",", ";"].contains(text.text(index - 1)), let brace = text.openBracket(before: index),
      text.text(brace) == "{"
    else { return nil }
    var function = brace - 1
    if ["(", ","].contains(text.text(function)) {
      guard let parenthesis = text.openBracket(before: brace), text.text(parenthesis) == "(" else {
        return nil
      }
      function = parenthesis - 1
    }
    guard let path = text.path(endingAt: function), let signature = signature(at: path) else { return nil }
    return Set(signature.options.map { $0 + " = " })
  }

  /// The names that a cell may begin with.
  private func visibleNames() -> [String] {
    let globals = (try? lua.globals.withSlot { try fieldNames(of: $0) }) ?? []
    return globals + variables + LuaLexer.reservedWords
  }
}
