import Models
import Tensor

extension Pipeline {
  /// At most so many latent positions pass through the UNet at once: larger batches are cut, so that memory does
  /// not grow with the number of pictures. 16 rows at 64 × 64.
  private static let positionsPerCall = 1 << 16

  /// The model's guided output for a batch, {pictures, C, h, w}.
  ///
  /// Each call of the UNet sees the unconditional rows first, then the conditional ones, as in diffusers.
  ///
  /// - Parameters:
  ///   - condition: what the model sees beside the sample, {pictures, conditionChannels, h, w}
  ///   - isOnTape: whether a gradient is wanted with respect to what the text depends on
  func predict(
    _ latents: Tensor, condition: Tensor? = nil, timestep: Double, text: GuidedText, guidance: Guidance,
    context: RunContext, isOnTape: Bool = true
  ) throws -> Tensor {
    let count = latents.shape[0]
    let positions = latents.shape[2] * latents.shape[3] * (text.unconditional == nil ? 1 : 2)
    let perCall = max(1, Self.positionsPerCall / positions)
    var parts: [Tensor] = []
    for start in stride(from: 0, to: count, by: perCall) {
      let samples = start..<min(start + perCall, count)
      let rows = try [latents, condition].compactMap {
        try $0?.narrowed(0, start: start, length: samples.count).permuted([0, 2, 3, 1])
      }
      let part = try rows.count == 1 ? rows[0].contiguous() : Tensor.concatenated(rows, dim: 3)
      let known = try text.rows(step: context.step ?? 1, samples: samples, isOnTape: isOnTape)
      context.rows = samples.map { Row(sample: $0, isConditional: true) }
      let guided: Tensor
      if text.unconditional == nil {
        guided = try call(part, timestep, known, context)
      } else {
        context.rows = samples.map { Row(sample: $0, isConditional: false) } + context.rows
        let output = try call(Tensor.concatenated([part, part], dim: 0), timestep, known, context)
        guided = try guidance(
          output.narrowed(0, start: samples.count, length: samples.count),
          output.narrowed(0, start: 0, length: samples.count))
      }
      parts.append(try guided.permuted([0, 3, 1, 2]).contiguous())
    }
    return parts.count == 1 ? parts[0] : try Tensor.concatenated(parts, dim: 0)
  }

  /// One call of the UNet, without the variance that some give beside what the scheduler wants.
  private func call(
    _ sample: Tensor, _ timestep: Double, _ text: TextConditioning, _ context: RunContext
  ) throws -> Tensor {
    let output = try unet(sample, timestep: timestep, text: text, context: context)
    let channels = unet.outputChannels
    guard output.shape == Array(sample.shape.dropLast()) + [channels] else {
      throw PipelineError(
        "the UNet turned a sample of shape \(Shape.text(sample.shape)) into \(Shape.text(output.shape)), "
          + "where \(channels) channels are expected")
    }
    return channels == unet.sampleChannels
      ? output : try output.narrowed(3, start: 0, length: unet.sampleChannels)
  }
}
