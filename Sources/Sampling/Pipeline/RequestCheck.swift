import Models
import Tensor

/// What a request says that would have no effect: a slip is refused, and what is only unused is named.
extension GenerateRequest {
  /// - Parameter steps: those that the run takes
  /// - Throws: `PipelineError` for a hook that would never be called, or a trace that would record nothing.
  func checkSites(_ pipeline: Pipeline, guidance: Guidance, steps: ClosedRange<Int>) throws {
    var check = SiteCheck(RunExtent(steps: steps, hasUnconditional: guidance.weight > 1))
    check.add(pipeline.unet.sites())
    if encodesText(guidance) {
      check.add(pipeline.textEncoder.sites())
    } else {
      check.leaveOut(
        pipeline.textEncoder.sites, because: "this run encodes no text, as it was given embeddings")
    }
    if let codec = pipeline.codec {
      check.add(later: codec.decoderSites)
      if image != nil {
        check.add(later: codec.encoderSites)
      } else {
        check.leaveOut(codec.encoderSites, because: "this run encodes no picture, as it was given no image")
      }
    }
    try check.check(hooks)
    guard let trace else { return }
    try check.check(trace)
    guard !trace.unconditional || guidance.weight > 1 else {
      throw PipelineError(
        "\(.unconditional) of the trace needs \(.guidance) above 1: this run has no unconditional half")
    }
  }

  /// In words, what was given and changes nothing in this run.
  ///
  /// - Parameter isTold: whether the model is told of guidance beside the timestep
  func withoutEffect(guidance: Guidance, isTold: Bool, scheduler: any Scheduler) -> [Complaint] {
    var unused: [Complaint] = []
    if guidance.weight <= 1 {
      let reason: Complaint =
        isTold ? "this model is told of guidance and looks at the prompt alone" : "\(.guidance) is at most 1"
      if let negative, !negative.isDefault {
        unused.append(
          "\(negative.setting(text: .negativePrompt, embedding: .unconditional)) has no effect: \(reason)")
      }
      if guidanceRescale > 0 { unused.append("\(.guidanceRescale) has no effect: \(reason)") }
    }
    if image == nil, !scheduler.drawsNoise,
      let given: Setting = noise != nil ? .noise : latents != nil ? .latents : nil
    {
      let reason: Complaint = "the run starts from \(given), and its scheduler draws no noise"
      if let seeds { unused.append("\(seeds.count == 1 ? Setting.seed : .seeds) has no effect: \(reason)") }
      if rng != nil { unused.append("\(.rng) has no effect: \(reason)") }
    }
    if !encodesText(guidance) {
      if chunksPrompts { unused.append("\(.chunks) has no effect: no text is encoded") }
      if weighsPrompts { unused.append("\(.weights) has no effect: no text is encoded") }
    }
    return unused
  }

  private func encodesText(_ guidance: Guidance) -> Bool {
    prompt.isText || guidance.weight > 1 && negative?.isText ?? true
  }
}

extension GenerateRequest.Condition {
  fileprivate var isText: Bool { if case .texts = self { true } else { false } }

  /// Whether it is what a request has that says nothing.
  fileprivate var isDefault: Bool {
    if case .texts(let texts) = self { texts.allSatisfy(\.isEmpty) } else { false }
  }
}
