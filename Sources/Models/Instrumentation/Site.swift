/// One row of a batch that passes through a model.
public struct Row: Hashable, Sendable {
  /// Index of the image (or, in a text encoder, of the first image that uses the text), from 0.
  public var sample: Int
  /// False for the half of classifier-free guidance that carries the negative prompt.
  public var isConditional: Bool
  /// In a text encoder: which piece of a text that is encoded in several, from 0.
  public var chunk: Int?
  /// In a text encoder: all images that use the text, as each text is encoded once.
  public var samples: [Int]

  public init(sample: Int, isConditional: Bool, chunk: Int? = nil, samples: [Int]? = nil) {
    self.sample = sample
    self.isConditional = isConditional
    self.chunk = chunk
    self.samples = samples ?? [sample]
  }
}

/// Where and when a hook was called.
public struct Site: Sendable {
  /// What a component that a run calls several times is given.
  public enum Input: String, Sendable, CaseIterable {
    /// Texts, of a text encoder.
    case prompt
    case negativePrompt = "negative_prompt"
    /// Pictures, of a VAE's encoder.
    case image
    case maskedImage = "masked_image"
    /// What a VAE's decoder turns into a picture.
    case latents
  }

  /// The module's path in the checkpoint, with what of it is seen: `unet.mid_block.attentions.0.…attn2.probs`.
  public let name: String
  /// What a text encoder or a VAE is given; nil for the noise predictor.
  public let input: Input?
  /// Number of the tile that a VAE decodes, from 1; nil where it decodes the picture as a whole.
  public let tile: Int?
  /// Number of the step in the loop, from 1; nil outside the loop (text encoder, VAE).
  public let step: Int?
  /// The scheduler's timestep; nil outside the loop.
  public let timestep: Double?
  /// Size of the map that the value covers; nil where the value is not spatial.
  public let height, width: Int?
  /// What each row of the value is, in order.
  public internal(set) var rows: [Row]
}

/// The names of one attention layer's sites, joined once when the model is loaded.
public struct AttentionSite: Sendable {
  public enum Kind: Sendable, Hashable {
    /// Image positions attend to the prompt's tokens (`attn2`).
    case cross
    /// Image positions attend to each other (`attn1`).
    case selfAttention
    /// A map's attention to itself outside the UNet; hooks see it, traces do not.
    case map
    /// Any other attention outside the UNet; hooks see it, traces do not.
    case other
  }

  public let path: String
  public let kind: Kind
  public let query, key, value, probabilities, headOutput, output: String

  public init(_ path: String, kind: Kind) {
    self.path = path
    self.kind = kind
    query = path + ".q"
    key = path + ".k"
    value = path + ".v"
    probabilities = path + ".probs"
    headOutput = path + ".z"
    output = path + ".out"
  }

  /// What the places of queries and of keys are.
  var extents: (queries: SiteInfo.Extent, keys: SiteInfo.Extent) {
    switch kind {
    case .cross: (.positions, .tokens)
    case .selfAttention, .map: (.positions, .positions)
    case .other: (.tokens, .tokens)
    }
  }
}
