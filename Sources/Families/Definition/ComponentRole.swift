import Models

/// What a part of a model is there for.
public enum ComponentTask: Sendable {
  case predictor, codec, textEncoder, tokenizer, scheduler
  /// A CLIP that a model brings along to look at its pictures.
  case clip

  /// The file that holds the part's settings.
  var configurationFile: String { self == .scheduler ? "scheduler_config.json" : "config.json" }
}

/// A part that the models of a family have, and what may fill its place.
public struct ComponentRole: Sendable {
  /// In `model_index.json`: `unet`, `text_encoder` …
  public let name: String
  public let task: ComponentTask
  /// What reads it; empty for the scheduler, which has settings only.
  public let loaders: [ComponentLoader]
  /// Whether models do without.
  public var isOptional = false
  /// Whether the part multiplies in what `CheckpointOptions.precision` says; else in float32.
  public var takesPrecision = true

  public init(_ name: String, _ task: ComponentTask, loaders: [ComponentLoader] = []) {
    self.name = name
    self.task = task
    self.loaders = loaders
    // The VAE's maps need the range.
    takesPrecision = task != .codec
  }

  public static let unet = ComponentRole("unet", .predictor, loaders: [.unet2DCondition])
  public static let vae = ComponentRole("vae", .codec, loaders: [.autoencoderKL])
  public static let textEncoder = ComponentRole("text_encoder", .textEncoder, loaders: [.clipText])
  public static let tokenizer = ComponentRole("tokenizer", .tokenizer, loaders: [.clipTokenizer])
  public static let scheduler = ComponentRole("scheduler", .scheduler)

  /// The parts of Stable Diffusion 1 and 2.
  public static let latentDiffusion = [unet, vae, textEncoder, tokenizer, scheduler]

  var optional: ComponentRole {
    var role = self
    role.isOptional = true
    return role
  }
}
