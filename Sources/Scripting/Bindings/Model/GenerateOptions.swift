import Lua
import Models
import Sampling
import Tensor

/// The table of `model:generate{…}`, decoded once.
struct GenerateOptions {
  static let keys = [
    "prompt", "prompts", "embedding", "pooled", "negative_prompt", "negative_prompts", "uncond",
    "uncond_pooled", "size", "seed", "seeds",
    "noise",
    "latents", "start_step", "end_step", "steps", "guidance", "guidance_rescale", "scheduler", "eta", "rng",
    "width", "height",
    "image",
    "strength", "mask", "chunks", "weights", "trace", "hooks", "record", "patch", "on_step", "on_step_end",
    "grad_steps", "rematerialize", "checkpoint",
  ]

  private(set) var request: GenerateRequest
  /// What the run is to fill.
  private(set) var record: Record?
  /// Whether no field held a list or a batch: then the result's latents have no batch dimension.
  private(set) var isSingle = true

  init(_ call: LuaCall) throws {
    let options = call.options
    guard let prompt = try Self.condition(options, text: "prompt", texts: "prompts", tensor: "embedding")
    else {
      throw LuaArgumentError(1, "prompt, prompts or embedding expected")
    }
    request = GenerateRequest(prompt: prompt)
    if let negative = try Self.condition(
      options, text: "negative_prompt", texts: "negative_prompts", tensor: "uncond")
    {
      request.negative = negative
    }
    request.pooled = try Self.pooled(options, "pooled", beside: "embedding", of: request.prompt)
    request.negativePooled = try Self.pooled(
      options, "uncond_pooled", beside: "uncond", of: request.negative)
    request.sizes = try SizeArgument.read(options)
    try readNumbers(options)
    request.customScheduler = try call.customScheduler(named: request.scheduler, option: "scheduler")
    try readStarts(options)
    try readPictures(options)
    request.chunksPrompts = try options["chunks"] ?? false
    request.weighsPrompts = try options["weights"] ?? false
    request.trace = try TraceArgument.read(call)
    (request.hooks, record) = try ProbeOptions.read(options)
    isSingle = try isSingle && Self.isSingle(options)
    readCallbacks(
      step: try options["on_step"], stepEnd: try options["on_step_end"], isSingle: isSingle)
  }

  /// One half of guidance: a text, a list of texts, an embedding, or an embedding per step.
  private static func condition(
    _ options: LuaOptions, text: String, texts: String, tensor: String
  ) throws -> GenerateRequest.Condition? {
    let given = try [text, texts, tensor].filter { try options.has($0) }
    guard given.count <= 1 else {
      throw options.complaint(given[1], "cannot go together with '\(given[0])'")
    }
    if let one: PromptText = try options[text] { return .texts([one.text]) }
    if let many: [PromptText] = try options[texts] {
      guard !many.isEmpty else {
        throw options.complaint(texts, "at least one text expected, got an empty list")
      }
      return .texts(many.map(\.text))
    }
    guard try options.has(tensor) else { return nil }
    if try options.read(tensor, { $0.kind }) == .table {
      let steps: [Tensor] = try options[tensor]
      guard !steps.isEmpty else {
        throw options.complaint(tensor, "one tensor per step expected, got an empty list")
      }
      return .embeddings(steps)
    }
    return .embedding(try options[tensor])
  }

  /// The pooled text beside an embedding: what was given, or what `encode` gave with it.
  private static func pooled(
    _ options: LuaOptions, _ key: String, beside embedding: String, of condition: GenerateRequest.Condition?
  ) throws -> [Tensor] {
    let tokens: [Tensor]
    switch condition {
    case .embedding(let tensor): tokens = [tensor]
    case .embeddings(let list): tokens = list
    case .texts, nil:
      guard try !options.has(key) else {
        throw options.complaint(key, "goes only together with '\(embedding)'")
      }
      return []
    }
    guard try options.has(key) else {
      let known = tokens.compactMap(EncodedText.pooled)
      return known.count == tokens.count ? known : []
    }
    if try options.read(key, { $0.kind }) == .table { return try options[key] ?? [] }
    return [try options[key]]
  }

  private mutating func readNumbers(_ options: LuaOptions) throws {
    if let steps: Int = try options["steps"] { request.steps = steps }
    if let guidance: Double = try options["guidance"] { request.guidance = guidance }
    if let rescale: Double = try options["guidance_rescale"] { request.guidanceRescale = rescale }
    (request.scheduler, request.schedulerSettings) = try SchedulerArgument.read(options)
    if let eta: Double = try options["eta"] { request.eta = eta }
    if let rng: String = try options["rng"] { request.rng = rng }
    request.width = try options["width"]
    request.height = try options["height"]
    if let start: Int = try options["start_step"] { request.startStep = start }
    request.endStep = try options["end_step"]
    if let steps: Int = try options["grad_steps"] { request.gradientSteps = steps }
    request.rematerializes = try options.rematerializes
  }

  private mutating func readStarts(_ options: LuaOptions) throws {
    if try options.has("seed"), try options.has("seeds") {
      throw options.complaint("seeds", "cannot go together with 'seed'")
    }
    if let seed: UInt64 = try options["seed"] { request.seeds = [seed] }
    if let seeds: [UInt64] = try options["seeds"] {
      guard !seeds.isEmpty else {
        throw options.complaint("seeds", "at least one seed expected, got an empty list")
      }
      request.seeds = seeds
    }
    if try options.has("noise"), try options.has("latents") {
      throw options.complaint("latents", "cannot go together with 'noise'")
    }
    request.noise = try options["noise"]
    request.latents = try options["latents"]
    isSingle = (request.noise?.rank ?? 3) == 3 && (request.latents?.rank ?? 3) == 3
  }

  private mutating func readPictures(_ options: LuaOptions) throws {
    request.image = try Self.pictures(options, "image") { try PictureArgument.read($0).pixels }
    request.mask = try Self.pictures(options, "mask") { slot in
      try ImageOrTensor.read(slot).image.luminance()
    }
    if let strength: Double = try options["strength"] {
      guard request.image != nil else {
        throw options.complaint("strength", "goes only together with 'image'")
      }
      request.strength = strength
    }
    isSingle = isSingle && (request.image?.rank ?? 3) == 3 && (request.mask?.rank ?? 2) == 2
  }

  /// A picture, or a list of pictures of one size as a batch.
  private static func pictures(
    _ options: LuaOptions, _ key: String, _ read: (LuaSlot) throws -> Tensor
  ) throws -> Tensor? {
    try options.read(key) { slot in
      if slot.isNothing { return nil }
      guard slot.kind == .table else { return try read(slot) }
      let all = try (0..<slot.count).map { try slot.withItem($0 + 1, read) }
      guard let first = all.first, all.allSatisfy({ $0.shape == first.shape }) else {
        throw LuaMismatch("a picture, or a list of pictures of one size expected")
      }
      return try Tensor.stacked(all, dim: 0)
    }
  }

  private static func isSingle(_ options: LuaOptions) throws -> Bool {
    if try ["prompts", "negative_prompts", "seeds"].contains(where: { try options.has($0) }) { return false }
    for key in ["embedding", "uncond"] {
      let rank: Int? = try options.read(key) { slot in
        slot.kind == .table ? try [Tensor].read(slot).first?.rank : try (Tensor?).read(slot)?.rank
      }
      if let rank, rank > 2 { return false }
    }
    return true
  }

  private mutating func readCallbacks(step: LuaFunction?, stepEnd: LuaFunction?, isSingle: Bool) {
    if let step {
      request.onStep = { state in
        let given = try step.call(LuaStepState(state, isSingle: isSingle))
        try Self.refuse(given, of: "on_step", "assign to its latents, embedding or uncond")
      }
    }
    if let stepEnd {
      request.onStepEnd = { end in
        let given = try stepEnd.call(LuaStepEnd(end, isSingle: isSingle))
        try Self.refuse(given, of: "on_step_end", "on_step may change what the run goes on with")
      }
    }
  }

  /// What a callback returns would be lost.
  private static func refuse(_ returned: [LuaValue], of callback: String, _ instead: String) throws {
    guard let value = returned.first, !value.isNil else { return }
    throw ScriptingError("\(callback) returned a value, which changes nothing: \(instead)")
  }
}

/// The option `trace`: `true`, or what to record.
enum TraceArgument {
  private static let keys = ["cross", "self", "uncond", "steps", "layers", "folder"]

  static func read(_ call: LuaCall) throws -> TraceOptions? {
    let options = call.options
    if let wanted = try options.read("trace", { $0.boolean }) { return wanted ? TraceOptions() : nil }
    guard let table = try options.table("trace", keys: Self.keys) else {
      return nil
    }
    var trace = TraceOptions()
    trace.cross = try table["cross"] ?? true
    trace.selfAttention = try table["self"] ?? false
    trace.unconditional = try table["uncond"] ?? false
    switch try table["steps"] ?? "sum" as String {
    case "sum": trace.steps = .sum
    case "each": trace.steps = .each
    case let other: throw table.complaint("steps", "\"sum\" or \"each\" expected, got \"\(other)\"")
    }
    if let folder: String = try table["folder"] {
      guard trace.steps == .each else {
        throw table.complaint("folder", "goes only together with steps = \"each\"")
      }
      try call.checkWriting("\(folder)/trace")
      trace.folder = folder
    }
    if try table.has("layers") {
      let isList = try table.read("layers") { $0.kind } == .table
      let patterns: [String] = isList ? try table["layers"] : [try table["layers"]]
      trace.layers = try patterns.map { try SitePattern($0) }
    }
    return trace
  }
}

extension LuaOptions {
  /// `rematerialize`, which was once called `checkpoint`.
  var rematerializes: Bool {
    get throws { try self["rematerialize"] ?? self["checkpoint"] ?? false }
  }
}
