import Encoding
import Models
import Neural
import Weights

/// How single files of a family keep its parts.
public struct SingleFileLayout: Sendable {
  /// Ways in which the file may hold parts; of several with one name the first that is there counts.
  public var parts: [Part]
  /// What the model predicts where neither the caller nor the file says: `epsilon` or `v_prediction`, and whether that is
  /// no more than likely.
  public var prediction: @Sendable (CheckpointEvidence) -> (type: String, isGuess: Bool) = { _ in
    ("epsilon", false)
  }
  /// Latent height and width of the training, by what the model predicts.
  public var sampleSize: @Sendable (CheckpointEvidence, _ prediction: String) -> Int = { _, _ in 64 }
  /// The scheduler's config, by what the model predicts.
  public var scheduler: @Sendable (CheckpointEvidence, _ prediction: String) -> JSON
  /// Beginnings of tensors' names that training leaves behind and nothing uses.
  public var leftovers = [
    "model_ema.", "betas", "alphas_cumprod", "sqrt_", "log_one_minus_", "posterior_", "scale_factor",
    "global_step", "logvar", "lvlb_weights",
  ]

  /// Beginnings of the names of all that belongs to a part, used or not.
  public var prefixes: [String]

  public init(
    parts: [Part], scheduler: @escaping @Sendable (CheckpointEvidence, _ prediction: String) -> JSON
  ) {
    self.parts = parts
    prefixes = parts.map(\.prefix)
    self.scheduler = scheduler
  }

  /// One part of the model in the file.
  public struct Part: Sendable {
    /// The part's name and class in the layout of diffusers.
    public let component, className: String
    /// Of its tensors' names.
    public private(set) var prefix: String
    /// Its weights under the names of diffusers and transformers, from the file and the prefix.
    public let weights: @Sendable (WeightFiles, String) -> RenamedWeights
    /// Its config, read off the weights' shapes; in the keys of diffusers and transformers.
    public var configuration: @Sendable (any WeightSource, _ sampleSize: Int) -> JSON
    /// Beginnings of names, as diffusers gives them, that are left out on purpose.
    public var leavesOut: [String] = []

    public init(
      _ component: String, _ className: String, prefix: String,
      weights: @escaping @Sendable (WeightFiles, String) -> RenamedWeights,
      configuration: @escaping @Sendable (any WeightSource, _ sampleSize: Int) -> JSON
    ) {
      self.component = component
      self.className = className
      self.prefix = prefix
      self.weights = weights
      self.configuration = configuration
    }

    /// The same part elsewhere in the file.
    public func at(_ prefix: String) -> Part {
      var part = self
      part.prefix = prefix
      return part
    }
  }
}
