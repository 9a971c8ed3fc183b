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
  /// Where maps of each step lie in a file, which takes 67 MB a step for Stable Diffusion 1.5 at 512 × 512 pixels; nil for
  /// memory.
  public var folder: String?

  public init(
    cross: Bool = true, selfAttention: Bool = false, unconditional: Bool = false, steps: Steps = .sum,
    layers: [SitePattern]? = nil, folder: String? = nil
  ) {
    self.cross = cross
    self.selfAttention = selfAttention
    self.unconditional = unconditional
    self.steps = steps
    self.layers = layers
    self.folder = folder
  }

  /// Whether the probabilities of an attention layer are to be recorded.
  public func wants(_ site: AttentionSite) -> Bool {
    wantsKind(site) && layers?.contains { $0.matches(site.path) } ?? true
  }

  func wantsKind(_ site: AttentionSite) -> Bool {
    switch site.kind {
    case .cross: cross
    case .selfAttention: selfAttention
    case .map, .other: false
    }
  }
}
