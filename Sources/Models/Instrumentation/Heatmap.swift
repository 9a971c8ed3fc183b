import Tensor

extension Trace {
  /// The position in `layers` of an attention layer.
  public func index(of path: String) throws -> Int {
    guard let index = layers.firstIndex(where: { $0.path == path }) else {
      throw PipelineError("the trace has no layer '\(path)'")
    }
    return index
  }

  /// Where a token was attended to, {latentHeight, latentWidth}: each cross-attention map of each head, enlarged
  /// to the size of the latents by bicubic interpolation and clamped at 0, then the mean of all.
  ///
  /// - Throws: `PipelineError` if the trace has no cross-attention, or not of this token, picture or step.
  public func heatmap(
    token: Int, sample: Int = 0, step: Int? = nil, conditional: Bool = true
  ) throws -> Tensor {
    var sum = try Tensor.zeros([latentHeight, latentWidth])
    var count = 0
    for (index, layer) in layers.enumerated() where layer.kind == .cross {
      let maps = try heads(layer: index, token: token, sample: sample, step: step, conditional: conditional)
      let enlarged = try maps.resized(height: latentHeight, width: latentWidth, mode: .bicubic).clamped(
        min: 0)
      sum = try sum.adding(enlarged.sum(dim: 0))
      count += layer.heads
    }
    guard count > 0 else { throw PipelineError("the trace has no cross-attention maps") }
    return try sum.multiplying(1 / Float(count))
  }
}
