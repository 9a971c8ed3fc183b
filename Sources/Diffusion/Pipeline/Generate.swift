import Tensor

extension Pipeline {
  /// Makes pictures: encodes the prompts, walks the schedule, and leaves latents that decode when first looked at.
  ///
  /// - Throws: `PipelineError` that names the field for a request that cannot be met; whatever hooks, callbacks and
  ///   `checkInterrupt` throw.
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
  private var source: NoiseSource
  private var conditional: Conditioning
  private var unconditional: Conditioning?
  private var tokens: [Tokenization?]
  private var warnings: [String] = []

  init(_ request: GenerateRequest, pipeline: Pipeline) throws {
    self.pipeline = pipeline
    self.request = request

    let given = try Self.givenState(request, pipeline)
    count = try SampleCount.resolve([
      (request.prompt.name(text: "prompts", embedding: "embedding"), request.prompt.count),
      (request.negative.name(text: "negative_prompt", embedding: "uncond"), request.negative.count),
      ("seeds", request.seeds.count),
      (request.latents == nil ? "noise" : "latents", given?.shape[0] ?? 1),
    ])
    size = try Self.size(request, pipeline, given)

    let config = pipeline.schedulerConfig
    let own = config.className.map { SchedulerRegistry.knows(config) ? $0 : "ddim" } ?? "ddim"
    if request.scheduler == nil, let name = config.className, own != name {
      warnings.append("the model's own scheduler \(name) is not supported: ddim took its place")
    }
    scheduler = try SchedulerRegistry.make(
      request.scheduler ?? own, config: config, steps: request.steps ?? pipeline.defaultSteps,
      eta: request.eta, overrides: request.schedulerSettings)
    steps = try Self.steps(request, scheduler.timesteps.count)

    let weight = request.guidance ?? pipeline.defaultGuidance
    guard weight.isFinite else { throw PipelineError("guidance must be a finite number, got \(weight)") }
    guard (0...1).contains(request.guidanceRescale) else {
      throw PipelineError("guidance_rescale must be between 0 and 1, got \(request.guidanceRescale)")
    }
    guidance = Guidance(weight: Float(weight), rescale: Float(request.guidanceRescale))

    let samples = count
    let seeds = (0..<samples).map { request.seeds.cycled($0) }
    source = try NoiseSource(
      rng: request.rng, seeds: seeds, shape: [pipeline.unet.sampleChannels, size.height, size.width])

    let latentSize = size
    let trace = request.trace.map {
      Trace(options: $0, samples: samples, latentHeight: latentSize.height, latentWidth: latentSize.width)
    }
    context = RunContext(hooks: request.hooks, trace: trace, checkInterrupt: pipeline.checkInterrupt)

    var encoder = PromptEncoder(
      pipeline: pipeline, context: context, samples: samples, steps: steps.upperBound)
    guard request.gradientSteps >= 0 else {
      throw PipelineError("grad_steps must not be negative, got \(request.gradientSteps)")
    }
    conditional = try encoder.encode(request.prompt, isConditional: true)
    unconditional = guidance.weight > 1 ? try encoder.encode(request.negative, isConditional: false) : nil
    tokens = encoder.tokens
    warnings += encoder.warnings
  }

  func finish() throws -> GenerateResult {
    var latents = try initialLatents()
    for step in steps {
      try context.checkInterrupt()
      latents = try take(step, latents)
      pipeline.onProgress?(step - steps.lowerBound + 1, steps.count)
    }
    context.step = nil
    context.timestep = nil
    warnings += context.hookSet.unmatched
      // the codec runs when the picture is first looked at
      .filter { !$0.description.hasPrefix("vae.") }
      .map { "hook pattern '\($0)' matched no site" }

    let (pipeline, context, final) = (pipeline, context, latents)
    return GenerateResult(
      latents: final, seeds: (0..<count).map { request.seeds.cycled($0) }, tokens: tokens,
      trace: context.trace,
      timesteps: scheduler.timesteps, width: size.width * pipeline.factor,
      height: size.height * pipeline.factor,
      warnings: warnings
    ) { sample in
      context.rows = [Row(sample: sample, isConditional: true)]
      return try pipeline.decode(final.detached.selected(0, sample), context: context)
    }
  }

  /// Noise at the scheduler's scale, or the given state, {pictures, C, h, w}; leaves the random numbers where a
  /// run from the start would have them.
  private func initialLatents() throws -> Tensor {
    let shape = [count, pipeline.unet.sampleChannels, size.height, size.width]
    if let latents = request.latents {
      if scheduler.drawsNoise { try source.skip(steps.lowerBound) }
      return try pipeline.checkedBatch(latents, "latents").expanded(shape).clone()
    }
    if let noise = request.noise {
      if scheduler.drawsNoise { try source.skip(1) }
      return try pipeline.checkedBatch(noise, "noise").expanded(shape).multiplying(
        scheduler.initialNoiseScale)
    }
    return try source.draw().multiplying(scheduler.initialNoiseScale)
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
      shown, timestep: timestep, conditional: isOnTape ? conditional : conditional.detached,
      unconditional: isOnTape ? unconditional : unconditional?.detached, guidance: guidance, context: context)
    let noise = scheduler.drawsNoise ? try source.draw() : nil
    let result = try scheduler.step(prediction, at: index, sample: latents, noise: noise)

    if let onStepEnd = request.onStepEnd {
      try onStepEnd(
        StepEnd(
          index: step, timestep: timestep, latents: result.sample, denoised: result.denoised,
          noisePrediction: result.noise, decode: { [pipeline] in try pipeline.decode($0.detached) }))
    }
    return result.sample
  }

  /// Lets `onStep` change the state, and returns the latents that enter the step.
  private func callOnStep(_ step: Int, _ timestep: Double, _ latents: Tensor) throws -> Tensor {
    guard let onStep = request.onStep else { return latents }
    let state = StepState(
      index: step, timestep: timestep, latents: latents, embedding: conditional[step],
      uncond: unconditional?[step])
    try onStep(state)
    if state.changed.contains(.embedding) { try conditional.assign(state.embedding) }
    if state.changed.contains(.uncond) {
      guard let uncond = state.uncond, unconditional != nil else {
        throw PipelineError("on_step can set uncond only to an embedding, and only with guidance above 1")
      }
      try unconditional?.assign(uncond)
    }
    guard state.changed.contains(.latents) else { return state.latents }
    let assigned = try pipeline.checkedBatch(state.latents, "latents set by on_step")
    guard assigned.shape.dropFirst() == latents.shape.dropFirst(), [1, count].contains(assigned.shape[0])
    else {
      throw PipelineError(
        "latents set by on_step must be of shape \(braced(latents.shape)), got \(braced(state.latents.shape))"
      )
    }
    return try assigned.expanded(latents.shape).contiguous()
  }

  // MARK: Checks of the request

  /// `noise` or `latents` as a batch.
  private static func givenState(_ request: GenerateRequest, _ pipeline: Pipeline) throws -> Tensor? {
    switch (request.noise, request.latents) {
    case (nil, nil): return nil
    case (let noise?, nil): return try pipeline.checkedBatch(noise, "noise")
    case (nil, let latents?): return try pipeline.checkedBatch(latents, "latents")
    default: throw PipelineError("give noise or latents, not both")
    }
  }

  private static func size(
    _ request: GenerateRequest, _ pipeline: Pipeline, _ given: Tensor?
  ) throws -> (height: Int, width: Int) {
    let asked = try pipeline.latentSize(width: request.width, height: request.height)
    guard let given else { return asked }
    let found = (height: given.shape[2], width: given.shape[3])
    if (request.width != nil && asked.width != found.width)
      || (request.height != nil && asked.height != found.height)
    {
      throw PipelineError(
        "width and height do not fit \(request.latents == nil ? "noise" : "latents"), which stands for "
          + "\(found.width * pipeline.factor) × \(found.height * pipeline.factor) pixels")
    }
    return found
  }

  private static func steps(_ request: GenerateRequest, _ total: Int) throws -> ClosedRange<Int> {
    let (first, last) = (request.startStep, request.endStep ?? total)
    guard (1...total).contains(first) else {
      throw PipelineError("start_step must be between 1 and \(total), got \(first)")
    }
    guard (first...total).contains(last) else {
      throw PipelineError("end_step must be between \(first) and \(total), got \(last)")
    }
    guard first == 1 || request.latents != nil else {
      throw PipelineError("start_step = \(first) needs latents: the state that enters that step")
    }
    return first...last
  }
}
