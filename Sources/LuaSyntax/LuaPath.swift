/// A chain of names and constant indices that can be followed without running anything: `out.images[1]:save`.
public struct LuaPath: Equatable {
  public enum Step: Equatable {
    case field(String)
    case method(String)
    case item(Int)

    public var name: String? {
      switch self {
      case .field(let name), .method(let name): name
      case .item: nil
      }
    }
  }

  public var head: String
  public var steps: [Step]

  public init(head: String, steps: [Step] = []) {
    self.head = head
    self.steps = steps
  }

  /// Without its last step, and that step.
  public var parent: (LuaPath, Step)? {
    guard let last = steps.last else { return nil }
    return (LuaPath(head: head, steps: Array(steps.dropLast())), last)
  }
}

/// The tokens of a text, read backwards from some place.
public struct LuaText {
  public let bytes: [UInt8]
  public let tokens: [LuaToken]

  public init(_ bytes: [UInt8]) {
    self.bytes = bytes
    tokens = LuaLexer.tokens(of: bytes)
  }

  public func text(_ index: Int) -> String {
    tokens.indices.contains(index) ? String(decoding: bytes[tokens[index].range], as: UTF8.self) : ""
  }

  public func isName(_ index: Int) -> Bool {
    tokens.indices.contains(index) && (tokens[index].kind == .name || tokens[index].kind == .constant)
  }

  /// The path whose last token is at `end`; nil if what stands there is no path.
  public func path(endingAt end: Int) -> LuaPath? {
    var steps: [LuaPath.Step] = []
    var index = end
    while true {
      if isName(index) {
        switch (text(index - 1), text(index - 2)) {
        case (".", "."): return nil
        case (".", _): steps.append(.field(text(index)))
        case (":", ":"): return nil
        case (":", _): steps.append(.method(text(index)))
        default: return LuaPath(head: text(index), steps: steps.reversed())
        }
        index -= 2
      } else if text(index) == "]", text(index - 2) == "[", let item = item(index - 1) {
        steps.append(item)
        index -= 3
      } else {
        return nil
      }
    }
  }

  private func item(_ index: Int) -> LuaPath.Step? {
    let text = text(index)
    if let number = Int(text) { return .item(number) }
    guard tokens[index].kind == .string, text.count >= 2, text.hasPrefix("\"") || text.hasPrefix("'") else {
      return nil
    }
    return .field(String(text.dropFirst().dropLast()))
  }

  /// The innermost bracket that is open at the end of the first `count` tokens.
  public func openBracket(before count: Int) -> Int? {
    var closed = 0
    for index in (0..<count).reversed() where tokens[index].kind == .symbol {
      switch text(index) {
      case ")", "}", "]": closed += 1
      case "(", "{", "[":
        if closed == 0 { return index }
        closed -= 1
      default: break
      }
    }
    return nil
  }
}
