/// A pattern over site names such as `unet.**.attn2.probs`.
///
/// A name is a path of components separated by dots. In a pattern, `*` stands for any run of characters inside
/// one component (alone: for exactly one component), and `**`, as a whole component, for any number of
/// components, none included. A pattern may also use the names that diffusers and transformers give the same values
/// (`SiteAliases`).
public struct SitePattern: Sendable, Hashable, CustomStringConvertible {
  public let description: String
  private let components: [Component]

  private enum Component: Sendable, Hashable {
    case literal(Substring)
    case glob([Character])
    case any
  }

  /// - Throws: `PipelineError` for an empty pattern or an empty component.
  public init(_ text: String) throws {
    guard !text.isEmpty else { throw PipelineError("the pattern of a site must not be empty") }
    description = text
    components = try text.split(separator: ".", omittingEmptySubsequences: false).map { part in
      if part.isEmpty { throw PipelineError("pattern '\(text)' has an empty path component") }
      if part == "**" { return .any }
      return part.contains("*") ? .glob(Array(part)) : .literal(part)
    }
  }

  public func matches(_ name: String) -> Bool {
    matches(exactly: name) || SiteAliases.of(name).contains(where: matches(exactly:))
  }

  private func matches(exactly name: String) -> Bool {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    return Self.matches(components, parts)
  }

  /// Whether the pattern speaks of one site alone.
  public var isName: Bool {
    components.allSatisfy { if case .literal = $0 { true } else { false } }
  }

  /// Whether names that start with this component may match.
  func mayMatch(component name: String) -> Bool {
    switch components.first {
    case .literal(let text): text == name
    case .glob(let glob): Self.matches(glob, name)
    case .any, nil: true
    }
  }

  private static func matches(_ pattern: [Component], _ parts: [Substring]) -> Bool {
    follows(pattern, parts, isAny: { $0 == .any }) { component, part in
      switch component {
      case .any: true
      case .literal(let text): part == text
      case .glob(let glob): matches(glob, part)
      }
    }
  }

  /// `*` inside one component.
  private static func matches(_ glob: [Character], _ text: some StringProtocol) -> Bool {
    follows(glob, Array(text), isAny: { $0 == "*" }, takes: ==)
  }

  /// Whether all of a list is as a pattern says, of which each piece takes one element, or any number of them.
  ///
  /// All ways are followed at once, so that the time is bounded by the product of the lengths, whatever the pattern.
  private static func follows<Piece, Element>(
    _ pattern: [Piece], _ list: [Element], isAny: (Piece) -> Bool, takes: (Piece, Element) -> Bool
  ) -> Bool {
    // Whether the pieces so far may end before each element.
    var ends = [true] + list.map { _ in false }
    for piece in pattern {
      guard let first = ends.firstIndex(of: true) else { return false }
      if isAny(piece) {
        for place in first..<ends.count { ends[place] = true }
      } else {
        for place in stride(from: list.count, to: first, by: -1) {
          ends[place] = ends[place - 1] && takes(piece, list[place - 1])
        }
        ends[first] = false
      }
    }
    return ends[list.count]
  }

  // MARK: Suggestions

  /// The names that are most like the pattern, the likeliest first, at most three.
  public func nearest(in names: [String]) -> [String] {
    let costs = names.map { name in
      (name: name, cost: cost(of: name.split(separator: ".", omittingEmptySubsequences: false)))
    }
    return costs.enumerated().sorted { ($0.element.cost, $0.offset) < ($1.element.cost, $1.offset) }
      .prefix(3).map(\.element.name)
  }

  /// How much of a name would have to change for the pattern to match it, in components.
  private func cost(of parts: [Substring]) -> Double {
    var row = (0...parts.count).map(Double.init)
    for component in components {
      var next = [component == .any ? row[0] : row[0] + 1]
      for (index, part) in parts.enumerated() {
        let skipped = min(
          row[index + 1] + (component == .any ? 0 : 1), next[index] + (component == .any ? 0 : 1))
        next.append(min(skipped, row[index] + Self.difference(component, part)))
      }
      row = next
    }
    return row[parts.count]
  }

  /// 0 for a component that matches, 1 for one that has neither beginning nor end in common.
  private static func difference(_ component: Component, _ part: Substring) -> Double {
    let text: [Character]
    switch component {
    case .any: return 0
    case .literal(let literal): text = Array(literal)
    case .glob(let glob):
      if matches(glob, part) { return 0 }
      text = glob.filter { $0 != "*" }
    }
    let letters = Array(part)
    let longest = max(text.count, letters.count, 1)
    let start = zip(text, letters).prefix { $0 == $1 }.count
    let end = zip(text.dropFirst(start).reversed(), letters.dropFirst(start).reversed()).prefix { $0 == $1 }
      .count
    return 1 - Double(start + end) / Double(longest)
  }
}
