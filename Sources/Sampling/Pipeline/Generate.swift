import Models
import Tensor

extension Pipeline {
  /// Makes pictures: encodes the prompts, walks the schedule, and leaves latents that decode when first looked at.
  ///
  /// - Throws: `PipelineError` that names the field for a request that cannot be met; whatever hooks, callbacks and
  ///   `Interruption.current` throw.
  public func generate(_ request: GenerateRequest) throws -> GenerateResult {
    let run = try Run(request, pipeline: self)
    return try run.finish()
  }
}

/// One run of `generate`.
private final class Run {
  private let pipeline: Pipeline
  private let request: GenerateRequest
  private let count: Int
  private let context: RunContext
  private var scheduler: any Scheduler
  /// Steps to be taken, from 1.
  private let steps: ClosedRange<Int>
  private let guidance: Guidance
  private let size: (height: Int, width: Int)
  private let pictures: SourcePictures?
  /// What an inpainting model sees beside the sample.
  private var condition: Tensor?
  private var blend: LatentBlend?
  private var source: NoiseSource
  private let seeds: [UInt64]
  private let text: GuidedText
  private var tokens: [Tokenization?]
  private var warnings: [Complaint] = []

  init(_ request: GenerateRequest, pipeline: Pipeline) throws {
    self.pipeline = pipeline
    self.request = request

    let given = try Self.givenState(request, pipeline)
    pictures = try SourcePictures(request, pipeline)
    guard pipeline.unet.conditionChannels == 0 || pictures?.mask != nil else {
      throw PipelineError("this model is for inpainting: it needs \(.image) and \(.mask)")
    }
    count = try SampleCount.resolve([
      (request.prompt.setting(text: .prompts, embedding: .embedding), request.prompt.count),
      (
        request.negative?.setting(text: .negativePrompt, embedding: .unconditional) ?? .negativePrompt,
        request.negative?.count ?? 1
      ),
      (.seeds, request.seeds?.count ?? 1),
      (request.latents == nil ? .noise : .latents, given?.shape[0] ?? 1),
      (.image, pictures?.images.shape[0] ?? 1),
      (.mask, pictures?.mask?.shape[0] ?? 1),
    ])
    size = try Self.size(request, pipeline, given, pictures)

    var choice = request.schedulerChoice
    if pipeline.shortensSchedule, let pictures { choice.share = pictures.strength }
    scheduler = try pipeline.scheduler(choice)
    let first =
      pipeline.shortensSchedule && pictures != nil
      ? 1 : try pictures?.firstCall(scheduler, steps: request.steps ?? pipeline.defaultSteps)
    steps = try Self.steps(request, scheduler.timesteps.count, first: first)

    let weight = request.guidance ?? pipeline.defaultGuidance
    guard weight.isFinite else { throw PipelineError("\(.guidance) must be a finite number, got \(weight)") }
    guard (0...1).contains(request.guidanceRescale) else {
      throw PipelineError("\(.guidanceRescale) must be between 0 and 1, got \(request.guidanceRescale)")
    }
    let isTold = pipeline.unet.takesGuidance
    guidance = Guidance(weight: isTold ? 1 : Float(weight), rescale: Float(request.guidanceRescale))

    let samples = count
    seeds = (0..<samples).map { (request.seeds ?? [0]).cycled($0) }
    source = try NoiseSource(
      rng: request.rng ?? "torch-cpu", seeds: seeds,
      shape: [pipeline.unet.sampleChannels, size.height, size.width])

    let latentSize = size
    let trace = request.trace.map {
      Trace(options: $0, samples: samples, latentHeight: latentSize.height, latentWidth: latentSize.width)
    }
    context = RunContext(hooks: request.hooks, trace: trace)
    context.rematerializes = request.rematerializes

    try request.checkSites(pipeline, guidance: guidance, steps: steps)
    warnings += request.withoutEffect(
      guidance: guidance, isTold: isTold, scheduler: scheduler)
    var encoder = PromptEncoder(
      pipeline: pipeline, context: context, samples: samples, steps: steps.upperBound,
      schedule: scheduler.timesteps.count,
      style: PromptStyle(chunks: request.chunksPrompts, weighs: request.weighsPrompts))
    encoder.sizes = try pipeline.sizeNumbers(request.sizes, latents: size)
    encoder.guidance = try pipeline.guidanceNumber(isTold ? weight : nil)
    guard request.gradientSteps >= 0 else {
      throw PipelineError("\(.gradientSteps) must not be negative, got \(request.gradientSteps)")
    }
    guard request.gradientSteps <= steps.count else {
      throw PipelineError(
        "\(.gradientSteps) must be at most \(steps.count), the steps that the run takes, got \(request.gradientSteps)"
      )
    }
    text = try encoder.text(request, isGuided: guidance.weight > 1)
    tokens = encoder.tokens
    warnings += encoder.warnings
    pipeline.textEncoder.releaseWeights()
  }

  func finish() throws -> GenerateResult {
    var latents = try initialLatents()
    for step in steps {
      try Interruption.check()
      latents = try take(step, latents)
      pipeline.onProgress?(step - steps.lowerBound + 1, steps.count)
    }
    context.step = nil
    context.timestep = nil

    if let warning = finiteWarning(latents) { warnings.append(warning) }

    // What the run leaves is its caller's, to write over; the pictures are those of the run all the same.
    latents.storage.writeProtection = nil
    let (pipeline, context, final) = (pipeline, context, try latents.detached.clone())
    return GenerateResult(
      latents: latents, seeds: seeds, tokens: tokens,
      trace: context.trace,
      timesteps: scheduler.timesteps, width: size.width * pipeline.factor,
      height: size.height * pipeline.factor,
      warnings: warnings
    ) { sample in
      context.rows = [Row(sample: sample, isConditional: true)]
      context.input = .latents
      let latents = try final.selected(0, sample)
      let image = try pipeline.decode(latents, context: context)
      let check = FiniteCheck(pipeline: pipeline)
      // Latents that are none themselves were spoken of when they arose.
      if check.warning([("vae", "", latents)]) == nil,
        let warning = check.warning([("vae", "the pixels that the VAE gave", image)])
      {
        pipeline.onWarning?(warning)
      }
      return image
    }
  }

  /// What is wrong with a run's last latents, and which component it came from.
  private func finiteWarning(_ latents: Tensor) -> Complaint? {
    var results = [text.conditional, text.unconditional].compactMap(\.self).flatMap { half in
      let known = half[steps.upperBound]
      return [known.tokens, known.pooled].compactMap(\.self).map {
        ("text_encoder", "the text encoder's embeddings", $0)
      }
    }
    results.append(("unet", "the latents that the UNet and the scheduler gave", latents))
    return FiniteCheck(pipeline: pipeline).warning(results)
  }

  /// Noise at the scheduler's scale, or the given state, {pictures, C, h, w}; leaves the random numbers where a
  /// run from the start would have them.
  private func initialLatents() throws -> Tensor {
    if let pictures { return try initialLatents(pictures) }
    let shape = [count, pipeline.unet.sampleChannels, size.height, size.width]
    if let latents = request.latents {
      if scheduler.drawsNoise {
        try source.skip(1 + (0..<steps.lowerBound - 1).filter { scheduler.drawsNoise(at: $0) }.count)
      }
      return try pipeline.checkedBatch(latents, "\(.latents)").expanded(shape).clone()
    }
    if let noise = request.noise {
      if scheduler.drawsNoise { try source.skip(1) }
      return try pipeline.checkedBatch(noise, "\(.noise)").expanded(shape).multiplying(
        scheduler.initialNoiseScale)
    }
    return try source.draw().multiplying(scheduler.initialNoiseScale)
  }

  /// The pictures with the noise of the first step. Random numbers are drawn in the order of diffusers' pipelines: for
  /// the latents of the picture, the noise, the latents of the masked picture.
  private func initialLatents(_ pictures: SourcePictures) throws -> Tensor {
    let isInpaintingModel = pipeline.unet.conditionChannels > 0
    let startsFromNoise = pictures.mask != nil && pictures.strength == 1
    context.rows = (0..<pictures.images.shape[0]).map { Row(sample: $0, isConditional: true) }
    defer { context.input = nil }
    var clean: Tensor?
    if !(isInpaintingModel && startsFromNoise) {
      context.input = .image
      clean = try pipeline.encode(pictures.images, sampling: source.draw(), context: context)
    }
    var noise = try source.draw()
    if let given = request.noise {
      noise = try pipeline.checkedBatch(given, "\(.noise)").expanded(noise.shape).contiguous()
    }
    if let mask = try pictures.latentMask(pipeline.factor), let masked = try pictures.masked() {
      let draw = try source.draw()
      if isInpaintingModel {
        context.input = .maskedImage
        let latents = try pipeline.encode(masked, sampling: draw, context: context)
        condition = try .concatenated([mask.expanded([count, 1, size.height, size.width]), latents], dim: 1)
      } else if let clean {
        blend = LatentBlend(mask: mask, clean: clean, noise: noise)
      }
    }
    guard let clean, !startsFromNoise else { return try noise.multiplying(scheduler.initialNoiseScale) }
    return try scheduler.addNoise(noise, to: clean, at: steps.lowerBound - 1)
  }

  private func take(_ step: Int, _ entering: Tensor) throws -> Tensor {
    let index = step - 1
    let timestep = scheduler.timesteps[index]
    context.step = step
    context.timestep = timestep
    let isOnTape = step > steps.upperBound - request.gradientSteps
    var latents = try callOnStep(step, timestep, entering)
    if !isOnTape { latents = latents.detached }

    let shown = try scheduler.scaleInput(latents, at: index)
    let prediction = try pipeline.predict(
      shown, condition: condition, timestep: timestep, text: text, guidance: guidance, context: context,
      isOnTape: isOnTape)
    let noise = scheduler.drawsNoise(at: index) ? try source.draw() : nil
    let result = try scheduler.step(prediction, at: index, sample: latents, noise: noise)
    let next = step < scheduler.timesteps.count ? step : nil
    let leaving =
      try blend.map { try $0(result.sample, scheduler: scheduler, entering: next) } ?? result.sample

    if let onStepEnd = request.onStepEnd {
      // The scheduler may remember them for later steps.
      for tensor in [leaving, result.denoised, result.noise] {
        tensor.storage.writeProtection = PipelineError(
          "what \(.onStepEnd) shows cannot be written in place: write into a clone; \(.onStep) may assign \(.latents)"
        )
      }
      try onStepEnd(
        StepEnd(
          index: step, timestep: timestep, latents: leaving, denoised: result.denoised,
          noisePrediction: result.noise, decode: { [pipeline] in try pipeline.decode($0.detached) }))
    }
    return leaving
  }

  /// Lets `onStep` change the state, and returns the latents that enter the step.
  private func callOnStep(_ step: Int, _ timestep: Double, _ latents: Tensor) throws -> Tensor {
    guard let onStep = request.onStep else { return latents }
    // A copy, so that writing into it counts as assigning and reaches nothing that the scheduler remembers.
    let state = StepState(
      index: step, timestep: timestep, latents: try latents.clone(), conditional: text.conditional[step],
      unconditional: text.unconditional?[step])
    try onStep(state)
    if state.changed.contains(.embedding) { try text.conditional.assign(state.embedding) }
    if state.changed.contains(.uncond) {
      guard let uncond = state.uncond, text.unconditional != nil else {
        throw PipelineError(
          "\(.onStep) can set \(.unconditional) only to an embedding, and only with \(.guidance) above 1")
      }
      try text.unconditional?.assign(uncond)
    }
    try assignPooled(state)
    guard state.changed.contains(.latents) else { return state.latents }
    let assigned = try pipeline.checkedBatch(state.latents, "\(.latents) set by \(.onStep)")
    guard assigned.shape.dropFirst() == latents.shape.dropFirst(), [1, count].contains(assigned.shape[0])
    else {
      throw PipelineError(
        "\(.latents) set by \(.onStep) must be of shape \(Shape.text(latents.shape)), got \(Shape.text(state.latents.shape))"
      )
    }
    return try assigned.expanded(latents.shape).clone()
  }

  private func assignPooled(_ state: StepState) throws {
    if state.changed.contains(.pooled) {
      guard let pooled = state.pooled else {
        throw PipelineError("\(.onStep) can set \(.pooled) only to a pooled text")
      }
      try text.conditional.assign(pooled: pooled)
    }
    if state.changed.contains(.uncondPooled) {
      guard let pooled = state.uncondPooled, text.unconditional != nil else {
        throw PipelineError(
          "\(.onStep) can set \(.unconditionalPooled) only to a pooled text, and only with \(.guidance) above 1"
        )
      }
      try text.unconditional?.assign(pooled: pooled)
    }
  }

  // MARK: Checks of the request

  /// `noise` or `latents` as a batch.
  private static func givenState(_ request: GenerateRequest, _ pipeline: Pipeline) throws -> Tensor? {
    switch (request.noise, request.latents) {
    case (nil, nil): return nil
    case (let noise?, nil): return try pipeline.checkedBatch(noise, "\(.noise)")
    case (nil, let latents?): return try pipeline.checkedBatch(latents, "\(.latents)")
    default: throw PipelineError("give \(.noise) or \(.latents), not both")
    }
  }

  private static func size(
    _ request: GenerateRequest, _ pipeline: Pipeline, _ given: Tensor?, _ pictures: SourcePictures?
  ) throws -> (height: Int, width: Int) {
    let asked = try pipeline.latentSize(width: request.width, height: request.height)
    let drawn = pictures?.latentSize(pipeline.factor)
    guard let found = given.map({ (height: $0.shape[2], width: $0.shape[3]) }) ?? drawn else { return asked }
    if let drawn, drawn != found { throw PipelineError("\(.noise) and \(.image) are of different sizes") }
    let name: Setting = given == nil ? .image : request.latents == nil ? .noise : .latents
    if (request.width != nil && asked.width != found.width)
      || (request.height != nil && asked.height != found.height)
    {
      throw PipelineError(
        "\(.width) and \(.height) do not fit \(name), which stands for "
          + "\(found.width * pipeline.factor) × \(found.height * pipeline.factor) pixels")
    }
    return found
  }

  /// - Parameter first: where a run from a picture starts
  private static func steps(_ request: GenerateRequest, _ total: Int, first: Int?) throws -> ClosedRange<Int>
  {
    let isGiven = first != nil
    let (first, last) = (first ?? request.startStep, request.endStep ?? total)
    guard (1...total).contains(first) else {
      throw PipelineError("\(.startStep) must be between 1 and \(total), got \(first)")
    }
    guard (first...total).contains(last) else {
      throw PipelineError("\(.endStep) must be between \(first) and \(total), got \(last)")
    }
    guard first == 1 || isGiven || request.latents != nil else {
      throw PipelineError("\(.startStep) = \(first) needs \(.latents): the state that enters that step")
    }
    return first...last
  }
}
