import Encoding
import Models
import Tensor

/// A picture followed back to the noise that would give it.
public struct InversionRequest {
  public var prompt: GenerateRequest.Condition
  /// nil: what the model's family takes for no text.
  public var negative: GenerateRequest.Condition?
  /// Length of the schedule; nil: the pipeline's default.
  public var steps: Int?
  /// At most 1: the prompt alone, as null-text inversion wants it (Mokady et al. 2023).
  public var guidance = 1.0
  /// Settings of the scheduler in place of the checkpoint's, by the names that diffusers gives them.
  public var schedulerSettings = JSON.Object()

  public init(prompt: GenerateRequest.Condition) { self.prompt = prompt }
}

extension Pipeline {
  /// DDIM inversion (Song, Meng, Ermon 2021, section 4.3).
  ///
  /// - Parameter latents: of the picture, {C, h, w}, as `encodeImage` gives them
  /// - Returns: the state that enters each step of a DDIM run of the same settings, and last the picture's own latents
  public func invert(_ latents: Tensor, _ request: InversionRequest) throws -> [Tensor] {
    guard latents.rank == 3 else {
      throw PipelineError("\(.latents) must be of shape {channels, h, w}, got \(Shape.text(latents.shape))")
    }
    let steps = request.steps ?? defaultSteps
    let inversion = try DDIMInversion(
      SchedulerRegistry.inversionConfig(schedulerConfig, overrides: request.schedulerSettings), steps: steps)
    let context = RunContext()
    var encoder = PromptEncoder(pipeline: self, context: context, samples: 1, steps: steps)
    encoder.sizes = try sizeNumbers(nil, latents: (latents.shape[1], latents.shape[2]))
    var known = GenerateRequest(prompt: request.prompt)
    known.negative = request.negative
    encoder.guidance = try guidanceNumber(unet.takesGuidance ? request.guidance : nil)
    let guidance = Guidance(weight: unet.takesGuidance ? 1 : Float(request.guidance))
    let text = try encoder.text(known, isGuided: guidance.weight > 1)
    var states = [try checkedBatch(latents, "\(.latents)").clone()]
    for (index, timestep) in inversion.timesteps.enumerated() {
      try Interruption.check()
      // Steps are numbered as in sampling, so that an embedding per step is that of the same noise level.
      context.step = steps - index
      context.timestep = timestep
      let prediction = try predict(
        states[0], timestep: timestep, text: text, guidance: guidance, context: context)
      states.insert(try inversion.step(prediction, at: index, sample: states[0]), at: 0)
      onProgress?(index + 1, steps)
    }
    return try states.map { try $0.selected(0, 0) }
  }
}
