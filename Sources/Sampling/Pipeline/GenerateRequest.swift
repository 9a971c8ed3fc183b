import Encoding
import Models
import Tensor

/// One run of `Pipeline.generate`: everything that decides the pictures.
///
/// Fields that hold several entries, one per picture, go together: they must be of the same length, and a field
/// with a single entry goes with all pictures.
public struct GenerateRequest {
  /// What cross-attention sees.
  public enum Condition {
    /// One text per picture.
    case texts([String])
    /// {tokens, d}, or {pictures, tokens, d}.
    case embedding(Tensor)
    /// An embedding in either form for every step of the schedule.
    case embeddings([Tensor])
  }

  public var prompt: Condition
  /// The unconditional half of guidance; nil: what the model's family takes for no text, mostly that of an empty one.
  public var negative: Condition?
  /// Beside an embedding, in models that take the pooled text: {p} or {pictures, p}, one for all steps or one per step.
  public var pooled: [Tensor] = []
  public var negativePooled: [Tensor] = []
  /// What models that are told of sizes are told; nil: that the picture is whole and of its own size.
  public var sizes: PictureSizes?
  /// nil: 0 for all.
  public var seeds: [UInt64]?
  /// Unit normal numbers in place of a seed's, {C, h, w} or {pictures, C, h, w}; the scheduler scales them.
  public var noise: Tensor?
  /// The state that enters `startStep`, taken as it is, {C, h, w} or {pictures, C, h, w}.
  public var latents: Tensor?
  /// First and last step of the schedule to be taken, from 1; nil: the last there is.
  public var startStep = 1
  public var endStep: Int?
  /// Length of the schedule; nil: the pipeline's default.
  public var steps: Int?
  /// Weight of classifier-free guidance; at most 1: the prompt alone, in half the time. nil: the pipeline's default.
  public var guidance: Double?
  /// How far the guided prediction is brought back to the deviation of the prompt's own, from 0 to 1.
  public var guidanceRescale = 0.0
  /// A name of `SchedulerRegistry`; nil: the checkpoint's own.
  public var scheduler: String?
  /// Makes the scheduler in place of the registry.
  public var customScheduler: ((SchedulerSetup) throws -> any Scheduler)?
  /// Settings of the scheduler in place of the checkpoint's, by the names that diffusers gives them.
  public var schedulerSettings = JSON.Object()
  /// Share of fresh noise in DDIM's steps.
  public var eta = 0.0
  /// Whose numbers a seed stands for: PyTorch's on a CPU (`torch-cpu`, where it is nil) or on a GPU (`torch-cuda`).
  public var rng: String?
  /// Size in pixels; nil: that of `latents` or `noise`, else the one of the model's training.
  public var width, height: Int?
  /// How many of the last steps are differentiated, where something they depend on requires a gradient. The steps
  /// before, and their tape, are forgotten.
  public var gradientSteps = 0
  /// The picture from which the run starts, {height, width, 3} or {pictures, height, width, 3} in [0, 1].
  public var image: Tensor?
  /// How much of the schedule a run from `image` takes: 1 starts from noise.
  public var strength = 0.8
  /// Where `image` is painted anew (0.5 and more), {height, width} or {pictures, height, width}.
  public var mask: Tensor?
  /// Texts that are too long are encoded in pieces whose embeddings follow one another, instead of being cut.
  public var chunksPrompts = false
  /// Texts may weigh words: `(word)`, `(word:1.3)`, `[word]`.
  public var weighsPrompts = false
  /// Keeps less for the gradient, and computes the UNet's blocks again for it; not where hooks listen.
  public var rematerializes = false
  public var trace: TraceOptions?
  public var hooks: [Hook] = []
  /// Called before the model in every step; what it assigns to the state counts from this step on.
  public var onStep: ((StepState) throws -> Void)?
  /// Called after the scheduler in every step.
  public var onStepEnd: ((StepEnd) throws -> Void)?

  public init(prompt: Condition) { self.prompt = prompt }

  public init(prompt: String) { self.init(prompt: .texts([prompt])) }
}
