/// One row of a batch that passes through a model.
public struct Row: Hashable, Sendable {
  /// Index of the image (or, in a text encoder, of the first image that uses the text), from 0.
  public var sample: Int
  /// False for the half of classifier-free guidance that carries the negative prompt.
  public var isConditional: Bool

  public init(sample: Int, isConditional: Bool) {
    self.sample = sample
    self.isConditional = isConditional
  }
}

/// Where and when a hook was called.
public struct Site: Sendable {
  /// The module's path in the checkpoint, with what of it is seen: `unet.mid_block.attentions.0.…attn2.probs`.
  public let name: String
  /// Number of the step in the loop, from 1; nil outside the loop (text encoder, VAE).
  public let step: Int?
  /// The scheduler's timestep; nil outside the loop.
  public let timestep: Double?
  /// Size of the map that the value covers; nil where the value is not spatial.
  public let height, width: Int?
  /// What each row of the value is, in order.
  public let rows: [Row]
}

/// The names of one attention layer's sites, joined once when the model is loaded.
public struct AttentionSite: Sendable {
  public enum Kind: Sendable, Hashable {
    /// Image positions attend to the prompt's tokens (`attn2`).
    case cross
    /// Image positions attend to each other (`attn1`).
    case selfAttention
    /// Attention outside the UNet; hooks see it, traces do not.
    case other
  }

  public let path: String
  public let kind: Kind
  public let query, key, value, probabilities, output: String

  public init(_ path: String, kind: Kind) {
    self.path = path
    self.kind = kind
    query = path + ".q"
    key = path + ".k"
    value = path + ".v"
    probabilities = path + ".probs"
    output = path + ".out"
  }
}
