import Models
import Tensor

/// The loop before a step, as `onStep` sees and changes it.
public final class StepState {
  /// Number of the step, from 1.
  public let index: Int
  /// The scheduler's timestep.
  public let timestep: Double
  /// What enters the step, {pictures, C, h, w}; {C, h, w} may be assigned for all pictures.
  public var latents: Tensor { didSet { changed.insert(.latents) } }
  /// {tokens, d} or {pictures, tokens, d}. An assigned one stays for all later steps.
  public var embedding: Tensor { didSet { changed.insert(.embedding) } }
  /// As `embedding`, for the unconditional half; nil without guidance.
  public var uncond: Tensor? { didSet { changed.insert(.uncond) } }
  /// {p} or {pictures, p}, in models that take the pooled text; else nil. As `embedding`.
  public var pooled: Tensor? { didSet { changed.insert(.pooled) } }
  public var uncondPooled: Tensor? { didSet { changed.insert(.uncondPooled) } }

  enum Field { case latents, embedding, uncond, pooled, uncondPooled }
  private(set) var changed: Set<Field> = []

  init(
    index: Int, timestep: Double, latents: Tensor, conditional: TextConditioning,
    unconditional: TextConditioning?
  ) {
    self.index = index
    self.timestep = timestep
    self.latents = latents
    (embedding, pooled) = (conditional.tokens, conditional.pooled)
    (uncond, uncondPooled) = (unconditional?.tokens, unconditional?.pooled)
  }
}

/// The loop after a step, as `onStepEnd` sees it. All tensors are {pictures, C, h, w}.
public struct StepEnd {
  /// Number of the step, from 1.
  public let index: Int
  public let timestep: Double
  /// What leaves the step.
  public let latents: Tensor
  /// The clean sample that the model predicts at this step (x₀).
  public let denoised: Tensor
  /// The noise that the model predicts, guidance included.
  public let noisePrediction: Tensor

  let decode: (Tensor) throws -> Tensor

  /// The picture that the model predicts at this step, {height, width, 3}.
  public func preview(sample: Int = 0) throws -> Tensor {
    try decode(denoised.selected(0, sample))
  }
}
