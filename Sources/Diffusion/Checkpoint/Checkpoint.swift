import Glibc
import Neural

/// A model on disk in the layout of diffusers: `model_index.json` names the parts and their classes, each part has a
/// directory of its own.
///
/// Opening reads the index only; parts are read when they are asked for.
public final class Checkpoint {
  public let directory: String
  /// Which of several sets of weights to read: `fp16` and the like.
  public let variant: String?
  /// `StableDiffusionPipeline`
  public let pipelineClass: String
  /// The parts that the index names, in its order, without those it leaves empty.
  public let components: [ComponentSource]

  private static let pipelineClasses: Set<String> = [
    "StableDiffusionPipeline", "StableDiffusionImg2ImgPipeline", "StableDiffusionInpaintPipeline",
  ]

  /// Parts that take no part in making pictures.
  private static let ignored: Set<String> = ["safety_checker", "feature_extractor", "image_encoder"]

  /// - Throws: an error that says what the directory is if it is not such a checkpoint.
  public init(directory: String, variant: String? = nil) throws {
    let path = directory.hasSuffix("/") && directory != "/" ? String(directory.dropLast()) : directory
    self.directory = path
    self.variant = variant
    let index = try Checkpoint.index(of: path)
    pipelineClass = try index.string("_class_name")
    var components: [ComponentSource] = []
    for (name, value) in zip(index.json.object?.keys ?? [], index.json.object?.values ?? []) {
      guard let pair = value.array, pair.count == 2, let className = pair[1].string,
        !Checkpoint.ignored.contains(name)
      else { continue }
      guard !name.isEmpty, !name.contains("/"), name != "..", name != "." else {
        throw PipelineError("\(index.path): '\(name)' is not the name of a directory")
      }
      components.append(
        ComponentSource(name: name, className: className, directory: "\(path)/\(name)", variant: variant))
    }
    self.components = components
  }

  private static func index(of directory: String) throws -> Configuration {
    var status = stat()
    guard stat(directory, &status) == 0 else { throw PipelineError("\(directory): no such model") }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      throw PipelineError(
        "\(directory): a single file; only directories in the layout of diffusers are read so far")
    }
    let path = "\(directory)/model_index.json"
    guard access(path, F_OK) == 0 else {
      throw PipelineError("\(directory): no model_index.json: not a model in the layout of diffusers")
    }
    return try Configuration(file: path)
  }

  /// The part called `name`; nil if the checkpoint has none.
  public func source(_ name: String) -> ComponentSource? { components.first { $0.name == name } }

  private func required(_ name: String) throws -> Component {
    guard let source = source(name) else { throw PipelineError("\(directory)/model_index.json: no \(name)") }
    return try ComponentRegistry.load(source).component
  }

  private func wrongKind(_ name: String) -> PipelineError {
    PipelineError(
      "\(directory)/model_index.json: \(name) is of class \(source(name)?.className ?? "?"), "
        + "which does not do its work")
  }

  /// Throws if the checkpoint is of a family that cannot be run, naming the family.
  private func requireSupported() throws {
    guard !Checkpoint.pipelineClasses.contains(pipelineClass) else { return }
    let family = pipelineClass.hasPrefix("StableDiffusionXL") ? "a Stable Diffusion XL" : "another kind of"
    throw PipelineError(
      "\(directory): \(family) checkpoint (\(pipelineClass)); only Stable Diffusion 1 and 2 are supported so far"
    )
  }

  public func predictor() throws -> any NoisePredictor {
    guard case .predictor(let predictor) = try required("unet") else { throw wrongKind("unet") }
    return predictor
  }

  public func textEncoder() throws -> any TextEmbedder {
    guard case .textEncoder(let encoder) = try required("text_encoder") else {
      throw wrongKind("text_encoder")
    }
    return encoder
  }

  public func tokenizer() throws -> any TextTokenizer {
    guard case .tokenizer(let tokenizer) = try required("tokenizer") else { throw wrongKind("tokenizer") }
    return tokenizer
  }

  /// nil for a model that works on pixels.
  public func codec() throws -> (any ImageCodec)? {
    guard source("vae") != nil else { return nil }
    guard case .codec(let codec) = try required("vae") else { throw wrongKind("vae") }
    return codec
  }

  public func schedulerConfig() throws -> SchedulerConfig {
    let file = "\(directory)/scheduler/scheduler_config.json"
    return SchedulerConfig(try Configuration(file: file).json, file: file)
  }

  /// The CLIP that the model brings along in the directory `clip`, which no index names; nil if it has none.
  public func clip() throws -> CLIPModel? {
    guard let source = clipSource else { return nil }
    return try CLIPModel(source, tokenizer: try? tokenizer())
  }

  var clipSource: ComponentSource? {
    let clip = "\(directory)/clip"
    guard access("\(clip)/config.json", F_OK) == 0 else { return nil }
    return ComponentSource(name: "clip", className: "CLIPModel", directory: clip)
  }

  /// Everything that makes pictures, read and put together.
  public func pipeline() throws -> Pipeline {
    try requireSupported()
    let pipeline = Pipeline(
      unet: try predictor(), textEncoder: try textEncoder(), tokenizer: try tokenizer(), codec: try codec(),
      schedulerConfig: try schedulerConfig())
    try checkFit(pipeline)
    return pipeline
  }

  /// Parts that are fine by themselves may still not belong together.
  private func checkFit(_ pipeline: Pipeline) throws {
    let (unet, text) = (pipeline.unet, pipeline.textEncoder)
    guard text.embeddingWidth == unet.embeddingWidth else {
      throw PipelineError(
        "\(directory): the text encoder gives \(text.embeddingWidth) numbers per token, "
          + "the UNet takes \(unet.embeddingWidth)")
    }
    guard let codec = pipeline.codec, codec.latentChannels != unet.sampleChannels else { return }
    throw PipelineError(
      "\(directory): the UNet takes \(unet.sampleChannels) channels, the VAE has \(codec.latentChannels)"
        + (unet.sampleChannels > codec.latentChannels ? " (an inpainting model is not supported yet)" : ""))
  }

  /// Reads every part in full.
  ///
  /// - Returns: what is wrong, one line each; and the tensors that nothing uses
  public func check() -> (faults: [String], unused: [String]) {
    var faults: [String] = []
    var unused: [String] = []
    for source in components where source.name != "scheduler" {
      do {
        let (component, weights) = try ComponentRegistry.load(source)
        if case .codec(let codec as AutoencoderKL) = component { try codec.load() }
        // Position numbers, which older versions of transformers stored.
        let names = weights?.unused.filter { !$0.hasSuffix("position_ids") } ?? []
        unused += names.map { "\(source.name).\($0)" }
      } catch {
        faults.append("\(error)")
      }
    }
    for step in [
      { try self.requireSupported() }, { _ = try self.schedulerConfig() }, { _ = try self.clip() },
    ] {
      do { try step() } catch { faults.append("\(error)") }
    }
    if faults.isEmpty {
      do { _ = try pipeline() } catch { faults.append("\(error)") }
    }
    return (faults, unused)
  }
}
