import Tensor

/// What goes with a checkpoint when it is opened.
public struct CheckpointOptions: Sendable {
  /// Which of several sets of weights to read: `fp16` and the like.
  public var variant: String?
  /// A VAE in place of the checkpoint's own: a directory that holds one, or a `.safetensors` file.
  public var vae: String?
  /// A UNet in place of the checkpoint's own: a directory that holds one, or a `.safetensors` file.
  public var unet: String?
  /// Adapters, all of which are added to the weights.
  public var loras: [LoRA] = []
  /// Words that are added to the text encoder's.
  public var embeddings: [TextualInversion] = []
  /// A directory in the layout of diffusers whose configs and tokenizer go with a single file.
  public var configs: String?
  /// A directory with a tokenizer, which single files do not carry.
  public var tokenizer: String?
  /// `epsilon` or `v_prediction`, where a single file does not say.
  public var predictionType: String?
  /// In what the UNet and the text encoder multiply; the VAE, whose maps need the range, stays in float32.
  public var precision = Precision.float32
  /// Whether weights stay in the file, to be packed anew for each operation.
  public var savesMemory = false
  /// Side in pixels of the tiles in which the VAE decodes larger pictures; nil for one piece.
  public var tile: Int?

  public init() {}
}
