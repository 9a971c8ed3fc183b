import Tensor

/// A function that is called with every value whose site matches the pattern.
public struct Hook {
  /// Returns nil to keep the value, or a tensor of the same shape that takes its place.
  ///
  /// Probabilities arrive as {rows, heads, H·W, tokens}, spatial activations as {rows, channels, H, W} and
  /// sequences as {rows, length, channels}; all are views of what the model computes with, and protected from being
  /// written in place. A replacement is copied: its owner may use it again.
  public typealias Body = (Tensor, Site) throws -> Tensor?

  public let pattern: SitePattern
  public let body: Body

  public init(_ pattern: SitePattern, _ body: @escaping Body) {
    self.pattern = pattern
    self.body = body
  }

  /// - Throws: `PipelineError` if the pattern is malformed.
  public init(_ pattern: String, _ body: @escaping Body) throws {
    self.init(try SitePattern(pattern), body)
  }
}

/// The hooks of one run in the order in which they are called, with the matches of each site remembered.
public struct HookSet {
  let hooks: [Hook]
  private var matches: [String: [Int]] = [:]

  init(_ hooks: [Hook]) { self.hooks = hooks }

  mutating func listens(to name: String) -> Bool {
    if hooks.isEmpty { return false }
    return !indices(for: name).isEmpty
  }

  /// The hooks that listen to a site, in order.
  mutating func listeners(to name: String) -> [Hook] { indices(for: name).map { hooks[$0] } }

  private mutating func indices(for name: String) -> [Int] {
    if let known = matches[name] { return known }
    let found = hooks.indices.filter { hooks[$0].pattern.matches(name) }
    matches[name] = found
    return found
  }
}
