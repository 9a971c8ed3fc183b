/// The sites of one run, against which the patterns of its hooks and its trace are held before it starts: a pattern that
/// nothing will ever match is a slip of the pen.
public struct SiteCheck {
  private var sites = SiteList()
  /// Looked at only for what matches nothing before.
  private var later: [() throws -> SiteList] = []
  /// Components that the run does not call, and why.
  private var absent: [(sites: () throws -> SiteList, reason: String)] = []
  private let run: RunExtent

  public init(_ run: RunExtent = RunExtent()) { self.run = run }

  public mutating func add(_ list: SiteList) { sites.add(list) }
  public mutating func add(later list: @escaping () throws -> SiteList) { later.append(list) }
  public mutating func leaveOut(_ list: @escaping () throws -> SiteList, because reason: String) {
    absent.append((list, reason))
  }

  /// Tells the hooks which sites they will see.
  ///
  /// - Throws: `PipelineError` that names a pattern without a site, and the nearest sites; what a hook has against its sites.
  public func check(_ hooks: [Hook]) throws {
    for hook in hooks {
      let matching = try sites(hook.pattern, all: hook.prepare != nil)
      guard matching.isEmpty && !hook.isOptional else {
        try hook.prepare?(matching, run)
        continue
      }
      for part in absent where try part.sites().names.contains(where: hook.pattern.matches) {
        throw PipelineError("the \(hook.role) '\(hook.pattern)' would never be called: \(part.reason)")
      }
      let known = try sites.names + later.flatMap { try $0().names }
      throw PipelineError(
        "the \(hook.role) '\(hook.pattern)' matches no site; the nearest are \(Self.list(hook.pattern.nearest(in: known)))"
      )
    }
  }

  /// The sites that a pattern matches.
  ///
  /// - Parameter all: look at the later ones even if others match
  private func sites(_ pattern: SitePattern, all: Bool) throws -> [SiteInfo] {
    var found = sites.sites.filter { pattern.matches($0.name) }
    guard found.isEmpty || all && pattern.mayMatch(component: "vae") else { return found }
    for list in later { found += try list().sites.filter { pattern.matches($0.name) } }
    return found
  }

  /// - Throws: `PipelineError` if the trace would record nothing, or one of its patterns matches no layer.
  public func check(_ trace: TraceOptions) throws {
    guard trace.cross || trace.selfAttention else {
      throw PipelineError("the trace would record nothing: neither cross-attention nor self-attention")
    }
    let layers = sites.attention.filter { $0.kind == .cross || $0.kind == .selfAttention }
    for pattern in trace.layers ?? [] {
      let matching = layers.filter { pattern.matches($0.path) }
      if matching.contains(where: trace.wants) { continue }
      guard matching.isEmpty else {
        throw PipelineError(
          "layers '\(pattern)' of the trace names \(trace.cross ? "self" : "cross")-attention only, which it is not to record",
          cause: trace.cross ? .tracedWithoutSelfAttention : .tracedWithoutCrossAttention)
      }
      let nearest = pattern.nearest(in: layers.filter(trace.wantsKind).map(\.path))
      throw PipelineError(
        "layers '\(pattern)' of the trace matches no attention layer; the nearest are \(Self.list(nearest))")
    }
  }

  private static func list(_ names: [String]) -> String {
    names.isEmpty ? "none" : names.map { "'\($0)'" }.joined(separator: ", ")
  }
}
