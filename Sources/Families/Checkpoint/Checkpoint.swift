import Encoding
import Glibc
import Models
import Sampling

/// A model on disk: a directory in the layout of diffusers (`model_index.json` names the parts and their classes, each
/// part has a directory of its own), or one file under the names of the original latent diffusion code.
///
/// Opening reads the index or the file's header only; parts are read when they are asked for.
public final class Checkpoint {
  /// The directory, or the file.
  public let path: String
  public let options: CheckpointOptions
  /// `StableDiffusionPipeline`
  public let pipelineClass: String
  /// The parts of the model, without those it leaves empty.
  public let components: [ComponentSource]
  /// What the user should know.
  public private(set) var warnings: [String]
  /// The family that the model is of.
  public let family: ModelFamily
  let isSingleFile: Bool
  private let settings: [String: JSON]
  private let families: FamilyRegistry

  /// - Throws: an error that says what the path is if it is not such a checkpoint.
  public init(
    path: String, options: CheckpointOptions = CheckpointOptions(), families: FamilyRegistry = .standard
  ) throws {
    let path = path.hasSuffix("/") && path != "/" ? String(path.dropLast()) : path
    var status = stat()
    guard stat(path, &status) == 0 else { throw PipelineError("\(path): no such model") }
    var parts: [ComponentSource]
    if status.st_mode & S_IFMT == S_IFDIR {
      let directory = try CheckpointDirectory(path: path, variant: options.variant, families: families)
      isSingleFile = false
      (pipelineClass, family, settings) = (directory.pipelineClass, directory.family, directory.settings)
      parts = directory.components
      warnings = []
    } else {
      isSingleFile = true
      let file = try SingleFile(path: path, families: families)
      (family, settings) = (file.family, [:])
      pipelineClass = family.pipelineClasses.first ?? family.name
      (parts, warnings) = try file.components(
        configs: options.configs, tokenizer: options.tokenizer, predictionType: options.predictionType)
    }
    self.path = path
    self.options = options
    self.families = families
    if let vae = options.vae {
      let role = family.roles.first { $0.task == .codec } ?? .vae
      parts.removeAll { $0.name == role.name }
      parts.append(try ReplacedAutoencoder.source(vae, role: role, family: family))
    }
    if let unet = options.unet {
      let role = family.roles.first { $0.task == .predictor } ?? .unet
      let own = parts.first { $0.name == role.name }
      parts.removeAll { $0.name == role.name }
      parts.append(try ReplacedPredictor.source(unet, own: own, role: role, family: family))
    }
    if let tokenizer = options.tokenizer, !isSingleFile {
      for role in family.roles where role.task == .tokenizer {
        let directory = SingleFile.tokenizerDirectory(in: tokenizer, name: role.name) ?? tokenizer
        parts.removeAll { $0.name == role.name }
        parts.append(
          ComponentSource(
            name: role.name, className: role.loaders.first?.classNames.first ?? "", directory: directory))
      }
    }
    for index in parts.indices {
      parts[index].task = Self.task(of: parts[index], family, families)
    }
    components = try Self.adapted(parts, options, family)
  }

  /// Parts that a family does not name, as models of refused ones have them, are there for what their classes do.
  private static func task(
    of part: ComponentSource, _ family: ModelFamily, _ families: FamilyRegistry
  ) -> ComponentTask? {
    family.role(part.name)?.task ?? (try? families.loader(of: part))?.task
  }

  /// A directory in the layout of diffusers.
  public convenience init(directory: String, variant: String? = nil) throws {
    var options = CheckpointOptions()
    options.variant = variant
    try self.init(path: directory, options: options)
  }

  /// Gives each part the adapters that concern it.
  private static func adapted(
    _ parts: [ComponentSource], _ options: CheckpointOptions, _ family: ModelFamily
  ) throws -> [ComponentSource] {
    for lora in options.loras {
      guard let part = lora.file.layers.keys.sorted().first(where: { family.role($0) == nil }) else {
        continue
      }
      throw PipelineError(
        "\(lora.path): made for another family of models (it changes \(part)), not for \(family.name)")
    }
    let encoders = parts.filter { $0.task == .textEncoder }
    let embeddings = try options.embeddings + options.loras.flatMap { try $0.embeddings() }
    try TextualInversion.checkTokens(embeddings)
    var next = embeddings.isEmpty ? 0 : try firstFreeToken(encoders)
    let tokens = embeddings.map { embedding in
      defer { next += embedding.count }
      return Tokenizer.AddedToken(text: embedding.token, ids: next..<next + embedding.count)
    }
    return try parts.map { part in
      var part = part
      part.savesMemory = options.savesMemory
      if family.role(part.name)?.takesPrecision ?? (part.task != .codec) {
        part.precision = options.precision
      }
      switch part.task {
      case .codec: part.tile = options.tile
      case .predictor: part.loras = options.loras
      case .textEncoder:
        part.loras = options.loras
        // Models of refused families are only looked at.
        if family.isSupported {
          part.embeddings = try embeddings.map { try $0.vectors(for: part.name, of: family) }
        }
      case .tokenizer: part.addedTokens = tokens
      case .scheduler, .clip, nil: break
      }
      return part
    }
  }

  /// The id of the first word that is added to the tables of text encoders.
  private static func firstFreeToken(_ encoders: [ComponentSource]) throws -> Int {
    let sizes = try encoders.map { try $0.configuration().int("vocab_size", default: 49408) }
    guard let first = sizes.first else { return 0 }
    if let other = sizes.firstIndex(where: { $0 != first }) {
      throw PipelineError(
        "\(encoders[0].name) knows \(first) tokens and \(encoders[other].name) \(sizes[other]): words cannot be "
          + "added to both under one id")
    }
    return first
  }

  /// The part called `name`; nil if the checkpoint has none.
  public func source(_ name: String) -> ComponentSource? { components.first { $0.name == name } }

  /// Reads a part.
  ///
  /// - Parameter probing: builds it without reading its weights, to see which it asks for
  func load(_ source: ComponentSource, probing: Bool = false) throws -> ComponentLoader.Loaded {
    try families.loader(of: source).load(source, probing: probing)
  }

  /// The part that has a task in this family, read and checked; nil if the family's models may do without and this one
  /// does.
  ///
  /// - Parameter name: of the part, where several have the task
  public func component(_ task: ComponentTask, named name: String? = nil) throws -> Component? {
    guard let role = family.roles.first(where: { $0.task == task && (name ?? $0.name) == $0.name }) else {
      return nil
    }
    guard let source = source(role.name) else {
      if role.isOptional { return nil }
      throw missing(role)
    }
    let loader = try families.loader(of: source)
    guard role.loaders.contains(where: { $0.classNames.contains(source.className) }) else {
      throw PipelineError(
        "\(path): \(role.name) is of class \(source.className), which does not do its work")
    }
    return try loader.load(source).component
  }

  private func missing(_ role: ComponentRole) -> PipelineError {
    guard isSingleFile else { return PipelineError("\(path)/model_index.json: no \(role.name)") }
    switch role.task {
    case .tokenizer:
      return PipelineError(
        "\(path): a single file carries no tokenizer: name a directory that has one (vocab.json and merges.txt, as "
          + "any Stable Diffusion directory and any CLIP) with load's option tokenizer")
    case .codec: return PipelineError("\(path): no VAE in this file: name one with load's option vae")
    default: return PipelineError("\(path): no \(role.name) in this file")
    }
  }

  private func lacking(_ what: String) -> PipelineError {
    PipelineError("\(path): models of \(family.name) have no \(what)")
  }

  /// A switch of `model_index.json`.
  public func setting(_ name: String, default fallback: Bool) throws -> Bool {
    guard let value = settings[name] else { return fallback }
    guard let value = value.bool else {
      throw PipelineError("\(path)/model_index.json: \(name) must be true or false, got \(value)")
    }
    return value
  }

  /// Throws if the checkpoint is of a family that cannot be run, naming the family.
  func requireSupported() throws {
    guard let refusal = family.refusal else { return }
    throw PipelineError("\(path): \(families.sentence(refusal, pipelineClass: pipelineClass))")
  }

  public func predictor() throws -> any NoisePredictor {
    guard case .predictor(let predictor) = try component(.predictor) else { throw lacking("noise predictor") }
    return predictor
  }

  public func textEncoder(_ name: String? = nil) throws -> any TextEmbedder {
    guard case .textEncoder(let encoder) = try component(.textEncoder, named: name) else {
      throw lacking(name ?? "text encoder")
    }
    return encoder
  }

  public func tokenizer(_ name: String? = nil) throws -> any TextTokenizer {
    guard case .tokenizer(let tokenizer) = try component(.tokenizer, named: name) else {
      throw lacking(name ?? "tokenizer")
    }
    return tokenizer
  }

  /// nil for a model that works on pixels.
  public func codec() throws -> (any ImageCodec)? {
    guard case .codec(let codec) = try component(.codec) else { return nil }
    return codec
  }

  public func schedulerConfig() throws -> SchedulerConfig {
    let source =
      components.first { $0.task == .scheduler }
      ?? ComponentSource(
        name: "scheduler", className: "", directory: "\(path)/scheduler", task: .scheduler)
    let configuration = try source.configuration()
    let config = SchedulerConfig(
      configuration.json, file: configuration.path,
      className: source.className.isEmpty ? nil : source.className)
    guard let type = options.predictionType else { return config }
    return config.overriding(["prediction_type": .string(type)])
  }

  /// Where diffusers' pipelines put something else in the place of what the scheduler's config says.
  private func schedulerNotes() throws -> [String] {
    let config = try schedulerConfig()
    let leads = ["DDIMScheduler", "DDPMScheduler", "PNDMScheduler"].contains(config.className)
    var notes: [String] = []
    let isLeading = config.string("timestep_spacing").map { $0 == "leading" } ?? leads
    let offset = try config.int("steps_offset", default: 0)
    if isLeading, offset != 1 {
      notes.append(
        config.invalid("steps_offset is \(offset), as it stands; diffusers' pipelines take 1 whatever it is")
          .message)
    }
    let clips = ["DDIMScheduler", "DDPMScheduler"].contains(config.className)
    if try config.bool("clip_sample", default: clips), clips {
      notes.append(
        config.invalid("clip_sample is true, as it stands; diffusers' pipelines take false whatever it is")
          .message)
    }
    return notes
  }

  /// Throws if the checkpoint's own scheduler cannot be made.
  func checkScheduler() throws {
    let config = try schedulerConfig()
    _ = try SchedulerRegistry.make(SchedulerRegistry.own(config), config: config, steps: 10)
  }

  /// The CLIP that the model brings along in the directory `clip`, which no index names; nil if it has none.
  public func clip() throws -> CLIPModel? {
    guard let source = clipSource else { return nil }
    return try CLIPModel(source, tokenizer: try? tokenizer())
  }

  var clipSource: ComponentSource? {
    let clip = "\(path)/clip"
    guard access("\(clip)/config.json", F_OK) == 0 else { return nil }
    return ComponentSource(name: "clip", className: "CLIPModel", directory: clip, task: .clip)
  }

  /// Everything that makes pictures, read and put together.
  public func pipeline() throws -> Pipeline {
    try requireSupported()
    warnings += try adapterFaults() + schedulerNotes()
    try checkReplacedPredictor()
    let pipeline = try family.assemble(self)
    (pipeline.defaultSteps, pipeline.defaultGuidance) = (family.defaults.steps, family.defaults.guidance)
    try checkFit(pipeline)
    let components = components
    pipeline.brokenWeight = { name in
      components.first { $0.name == name }.flatMap(Self.brokenWeight)
    }
    return pipeline
  }

  /// Throws if a UNet that was given beside the checkpoint has tensors for which the model has no place.
  private func checkReplacedPredictor() throws {
    guard let path = options.unet, let source = components.first(where: { $0.task == .predictor }) else {
      return
    }
    let unused = try Self.unused(load(source.plain(), probing: true).probe, of: source)
    guard let first = unused.first else { return }
    let others = unused.count == 1 ? "" : " and \(unused.count - 1) more"
    throw PipelineError("\(path): the model has no place for \(first)\(others): made for another model")
  }

  /// Layers that adapters change and the model does not have, a line for each adapter.
  ///
  /// - Throws: `PipelineError` for an adapter of which nothing fits.
  private func adapterFaults() throws -> [String] {
    try options.loras.flatMap { lora in
      var (count, strays) = (0, [String]())
      for source in components where !source.loras.isEmpty {
        count += lora.count(component: source.name)
        strays += lora.unmatched(in: try source.plain().weights().source, component: source.name)
      }
      guard !strays.isEmpty else { return lora.file.warnings }
      let named = strays.prefix(Self.namedStrays).joined(separator: ", ")
      let others = strays.count > Self.namedStrays ? " and \(strays.count - Self.namedStrays) more" : ""
      let message =
        "\(lora.path): \(strays.count) of \(count) layers are not in this model (\(named)\(others))"
      guard strays.count < count || !lora.file.embeddings.isEmpty else {
        throw PipelineError("\(message): made for another model")
      }
      return lora.file.warnings + [message]
    }
  }

  /// How many layers a warning names.
  private static let namedStrays = 40

  /// Parts that are fine by themselves may still not belong together.
  private func checkFit(_ pipeline: Pipeline) throws {
    let (unet, text) = (pipeline.unet, pipeline.textEncoder)
    guard text.embeddingWidth == unet.embeddingWidth else {
      throw PipelineError(
        "\(path): the text encoder gives \(text.embeddingWidth) numbers per token, "
          + "the UNet takes \(unet.embeddingWidth)")
    }
    guard text.pooledWidth == unet.pooledWidth else {
      func words(_ width: Int?) -> String { width.map { "\($0) numbers" } ?? "nothing" }
      throw PipelineError(
        "\(path): the text encoder gives \(words(text.pooledWidth)) for the pooled text, "
          + "the UNet takes \(words(unet.pooledWidth))")
    }
    if let codec = pipeline.codec, codec.latentChannels != unet.sampleChannels {
      throw PipelineError(
        "\(path): the UNet makes \(unet.sampleChannels) channels, the VAE has \(codec.latentChannels)")
    }
    guard unet.conditionChannels == 0 || unet.conditionChannels == unet.sampleChannels + 1 else {
      throw PipelineError(
        "\(path): the UNet takes \(unet.conditionChannels) channels beside the sample; only text to image and "
          + "inpainting (a mask and a masked picture) are supported")
    }
  }
}
