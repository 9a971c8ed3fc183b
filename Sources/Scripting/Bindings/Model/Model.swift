import Families
import Imaging
import Lua
import Sampling
import Tensor

/// A text-to-image model as scripts hold it.
final class LuaModel: LuaUserdata {
  static let luaName = "model"

  let name: String
  let checkpoint: Checkpoint
  let pipeline: Pipeline
  private var loadedClip: LuaClip?
  /// What results that are kept are kept under.
  private lazy var fingerprint = checkpoint.fingerprint()
  /// The same where a text is wanted in any case.
  var identity: String { fingerprint ?? checkpoint.path }

  init(name: String, path: String, options: CheckpointOptions, clip: String?, host: ScriptHost) throws {
    self.name = name
    checkpoint = try Checkpoint(path: path, options: options)
    pipeline = try checkpoint.pipeline()
    if let clip { loadedClip = try LuaClip(folder: ModelLocator.folder(clip, host)) }
  }

  /// The checkpoint's own CLIP, or the one that `load` was given; read when first asked for.
  func clip() throws -> LuaClip? {
    if loadedClip == nil {
      loadedClip = try checkpoint.clip().map { [self] in LuaClip($0, identity: self.identity) }
    }
    return loadedClip
  }

  static func describe(_ type: LuaType<LuaModel>) throws {
    type.property("name") { $0.name }
    type.property("path") { $0.checkpoint.path }
    type.property("clip") { try $0.clip() }
    type.property("steps") { $0.pipeline.defaultSteps }
    type.property("guidance") { $0.pipeline.defaultGuidance }
    type.property("vocabulary_size") { $0.pipeline.tokenizer.vocabularySize }
    type.property("info") { try $0.info() }
    type.property("fingerprint") { $0.fingerprint }
    try describeText(type)
    try describePictures(type)
    try describeRuns(type)
    try describeInversion(type)
    try describeSites(type)
    try describeScheduler(type)
    try type.metamethod("__tostring") { model, _ in "model \(model.name) (\(model.checkpoint.pipelineClass))"
    }
  }

  private static func describeText(_ type: LuaType<LuaModel>) throws {
    try type.method("tokenize(text)") { model, call in
      LuaTokens(try model.pipeline.tokenize(call.argument(1, as: PromptText.self).text))
    }
    try type.method("detokenize(ids)") { model, call in
      let ids: [Int] = try call[1]
      return try model.checked(ids, argument: 1, { try model.pipeline.tokenizer.detokenize($0) })
    }
    try describeEncoding(type)
  }

  func checked<R>(_ ids: [Int], argument: Int, _ body: ([Int]) throws -> R) throws -> R {
    let size = pipeline.tokenizer.vocabularySize
    guard let wrong = ids.first(where: { !(0..<size).contains($0) }) else { return try body(ids) }
    throw LuaArgumentError(argument, "token ids from 0 to \(size - 1) expected, got \(wrong)")
  }

  private static func describePictures(_ type: LuaType<LuaModel>) throws {
    try type.method("noise({seed, draw, width, height, rng})") { model, call in
      let seed: UInt64 = try call["seed"] ?? 0
      let draw: Int = try call["draw"] ?? 1
      guard (1...1 << 16).contains(draw) else {
        throw call.options.complaint("draw", "integer from 1 to 65536 expected, got \(draw)")
      }
      return try model.pipeline.noise(
        seed: seed, draw: draw, width: call["width"], height: call["height"], rng: call["rng"] ?? "torch-cpu")
    }
    try type.method("decode(latents, {hooks, record, patch})") { model, call in
      let (hooks, record) = try ProbeOptions.read(call.options)
      return LuaMany(try model.pipeline.decode(call[1], hooks: hooks), record.map { LuaRecord($0) })
    }
    try type.method("encode_image(image, {hooks, record, patch})") { model, call in
      let (hooks, record) = try ProbeOptions.read(call.options)
      let picture = try call.argument(1, as: PictureArgument.self).pixels
      return LuaMany(
        try model.pipeline.encodeImage(picture, hooks: hooks), record.map { LuaRecord($0) })
    }
  }

  private static func describeRuns(_ type: LuaType<LuaModel>) throws {
    let keys = GenerateOptions.keys.joined(separator: ", ")
    try type.method("generate({\(keys)})") { model, call in
      let options = try GenerateOptions(call)
      return try model.generate(options, call.state)
    }
    try type.method("cross_attention_sites()") { model, _ in
      model.pipeline.unet.sites().attention.filter { $0.kind == .cross }.map(\.path)
    }
    try type.method(
      "denoise(latents, timestep, embedding, {pooled, size, guidance, trace, hooks, record, patch, rematerialize, checkpoint})"
    ) { model, call in
      let (hooks, record) = try ProbeOptions.read(call.options)
      let trace = try TraceArgument.read(call)
      let (prediction, recorded) = try model.pipeline.denoise(
        call[1], timestep: call[2], embedding: call[3],
        pooled: call["pooled"] ?? EncodedText.pooled(of: call[3]), sizes: SizeArgument.read(call.options),
        guidance: call["guidance"], hooks: hooks, trace: trace,
        rematerializes: call.options.rematerializes)
      return LuaMany(prediction, recorded.map { LuaTrace($0) }, record.map { LuaRecord($0) })
    }
  }

  private static func describeInversion(_ type: LuaType<LuaModel>) throws {
    try type.method("invert(image, prompt, {steps, guidance, negative_prompt})") { model, call in
      var request = InversionRequest(prompt: .texts([try call.argument(2, as: PromptText.self).text]))
      request.steps = try call["steps"]
      if let guidance: Double = try call["guidance"] { request.guidance = guidance }
      if let negative: PromptText = try call["negative_prompt"] { request.negative = .texts([negative.text]) }
      let picture = try call.argument(1, as: PictureArgument.self).pixels
      return try model.observed(call.state, label: "inverting") {
        let latents = try model.pipeline.encodeImage(picture)
        return LuaFields([("latents", LuaList(try model.pipeline.invert(latents, request)))])
      }
    }
  }

  private func generate(_ options: GenerateOptions, _ state: LuaState) throws -> LuaGenerated {
    let host = try state.scriptHost
    let result = try observed(state, label: "sampling") { try pipeline.generate(options.request) }
    host.record(seeds: result.seeds)
    for warning in result.warnings { host.onWarning?(Wording.text(of: warning)) }
    pipeline.onWarning = { [weak host] in host?.onWarning?(Wording.text(of: $0)) }
    return LuaGenerated(result, isSingle: options.isSingle, record: options.record)
  }

  /// Runs `body` with a progress bar.
  private func observed<R>(_ state: LuaState, label: String, _ body: () throws -> R) throws -> R {
    let host = try state.scriptHost
    // A run within a run (from on_step) keeps quiet: the bar is the outer one's.
    let outer = pipeline.onProgress
    pipeline.onProgress = { done, all in
      if outer == nil { host.onProgress?(ScriptHost.Progress(label: label, step: done, steps: all)) }
    }
    defer { pipeline.onProgress = outer }
    return try body()
  }

  /// What the checkpoint is made of, for scripts to look at.
  private func info() throws -> LuaFields {
    let info = try checkpoint.info()
    let components = info.components.map { component in
      LuaFields([
        ("name", component.name), ("class", component.className), ("parameters", component.parameters),
        ("bytes", component.bytes), ("types", component.types.map(\.name)), ("missing", component.missing),
        ("unused", component.unused),
      ])
    }
    return LuaFields([
      ("path", info.path), ("class", info.pipelineClass), ("parameters", info.parameters),
      ("prediction_type", info.predictionType), ("scheduler", info.schedulerClass),
      ("components", components),
    ])
  }
}

extension Bindings {
  /// `lunette.load` and `lunette.load_clip`: a model that is not there is an answer, not an error.
  static func addModels(to lunette: LuaModule) throws {
    try lunette.function("load(name?, {\(CheckpointArguments.keys.joined(separator: ", "))})") { call in
      let host = try call.state.scriptHost
      let asked: String? = try call[1]
      let clip: String? = try call["clip"]
      let options = try CheckpointArguments.read(call.options)
      let name = asked ?? host.defaultModel
      do {
        let path = try ModelLocator.path(name, host)
        let model = try LuaModel(name: name, path: path, options: options(host), clip: clip, host: host)
        for warning in model.checkpoint.warnings { host.onWarning?(warning) }
        let clipTower = clip.map { ModelPart(role: "clip", path: (try? ModelLocator.folder($0, host)) ?? $0) }
        let additions = model.checkpoint.additions + [clipTower].compactMap(\.self)
        host.record(ScriptHost.LoadedModel(name: name, path: path, additions: additions))
        return LuaMany(model)
      } catch {
        return LuaMany(LuaValue.nil, Wording.text(of: error))
      }
    }
    try lunette.function("load_clip(name)") { call in
      let name: String = try call[1]
      do {
        let host = try call.state.scriptHost
        let folder = try ModelLocator.folder(name, host)
        let clip = try LuaClip(folder: folder)
        host.record(ScriptHost.LoadedModel(name: name, path: folder))
        return LuaMany(clip)
      } catch {
        return LuaMany(LuaValue.nil, Wording.text(of: error))
      }
    }
  }
}
