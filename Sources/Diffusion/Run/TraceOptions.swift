/// What a trace records.
public struct TraceOptions: Sendable {
  public enum Steps: Sendable, Hashable {
    /// One map: the sum over all steps.
    case sum
    /// One map for each step.
    case each
  }

  /// Record cross-attention (`attn2`).
  public var cross: Bool
  /// Record self-attention (`attn1`): memory grows with the square of the map's area.
  public var selfAttention: Bool
  /// Record the rows of the negative prompt as well.
  public var unconditional: Bool
  public var steps: Steps
  /// Only attention layers whose path matches one of these; nil for all.
  public var layers: [SitePattern]?

  public init(
    cross: Bool = true, selfAttention: Bool = false, unconditional: Bool = false, steps: Steps = .sum,
    layers: [SitePattern]? = nil
  ) {
    self.cross = cross
    self.selfAttention = selfAttention
    self.unconditional = unconditional
    self.steps = steps
    self.layers = layers
  }

  /// Whether the probabilities of an attention layer are to be recorded.
  public func wants(_ site: AttentionSite) -> Bool {
    switch site.kind {
    case .cross where cross, .selfAttention where selfAttention:
      layers?.contains { $0.matches(site.path) } ?? true
    default: false
    }
  }
}
