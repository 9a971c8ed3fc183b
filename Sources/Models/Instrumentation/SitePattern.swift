/// A pattern over site names such as `unet.**.attn2.probs`.
///
/// A name is a path of components separated by dots. In a pattern, `*` stands for any run of characters inside
/// one component (alone: for exactly one component), and `**`, as a whole component, for any number of
/// components, none included.
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
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    return Self.matches(components[...], parts[...])
  }

  private static func matches(_ pattern: ArraySlice<Component>, _ parts: ArraySlice<Substring>) -> Bool {
    guard let first = pattern.first else { return parts.isEmpty }
    let rest = pattern.dropFirst()
    switch first {
    case .any:
      return (parts.startIndex...parts.endIndex).contains { matches(rest, parts[$0...]) }
    case .literal(let text):
      guard let part = parts.first, part == text else { return false }
    case .glob(let glob):
      guard let part = parts.first, matches(glob[...], Array(part)[...]) else { return false }
    }
    return matches(rest, parts.dropFirst())
  }

  /// `*` inside one component.
  private static func matches(_ glob: ArraySlice<Character>, _ text: ArraySlice<Character>) -> Bool {
    guard let first = glob.first else { return text.isEmpty }
    if first == "*" {
      return (text.startIndex...text.endIndex).contains { matches(glob.dropFirst(), text[$0...]) }
    }
    return text.first == first && matches(glob.dropFirst(), text.dropFirst())
  }
}
