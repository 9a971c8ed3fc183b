import Tensor

/// A function that is called with every value whose site matches the pattern.
public struct Hook {
  /// Returns nil to keep the value, or a tensor of the same shape that takes its place.
  ///
  /// Probabilities arrive as {rows, heads, H·W, tokens}, spatial activations as {rows, channels, H, W} and
  /// sequences as {rows, length, channels}; all are views of what the model computes with, and protected from being
  /// written in place. A replacement is copied: its owner may use it again.
  public typealias Body = (Tensor, Site) throws -> Tensor?

  /// Called with the sites of the run that the hook matches, before it starts.
  public typealias Preparation = (_ sites: [SiteInfo], _ run: RunExtent) throws -> Void

  public let pattern: SitePattern
  public let body: Body
  /// What errors call it.
  public let role: String
  /// Whether it may go without a site.
  let isOptional: Bool
  let prepare: Preparation?

  public init(
    _ pattern: SitePattern, role: String = "hook", isOptional: Bool = false, prepare: Preparation? = nil,
    _ body: @escaping Body
  ) {
    self.pattern = pattern
    self.body = body
    self.role = role
    self.isOptional = isOptional
    self.prepare = prepare
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

/// What of a run is known before it starts.
public struct RunExtent: Sendable {
  /// The steps of its loop; nil for a call of one component.
  public let steps: ClosedRange<Int>?
  public let hasUnconditional: Bool

  public init(steps: ClosedRange<Int>? = nil, hasUnconditional: Bool = false) {
    self.steps = steps
    self.hasUnconditional = hasUnconditional
  }
}
