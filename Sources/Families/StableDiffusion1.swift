import Models

extension ModelFamily {
  /// Stable Diffusion 1.1 to 1.5 and what was trained from them (Rombach et al., "High-Resolution Image Synthesis with
  /// Latent Diffusion Models", 2022): the text tower of CLIP ViT-L/14, eight heads at every level.
  public static let stableDiffusion1: ModelFamily = {
    var family = ModelFamily("Stable Diffusion 1")
    family.pipelineClasses = stableDiffusionPipelines
    family.markers = [stableDiffusionMarker]
    family.adapterPrefixes = stableDiffusionAdapters
    family.singleFile = stableDiffusionFile { _ in "PNDMScheduler" }
    return family
  }()

  // MARK: What the families of Stable Diffusion 1 and 2 share

  static let stableDiffusionPipelines = ["StableDiffusionPipeline", "StableDiffusionImg2ImgPipeline"]
  /// The first convolution of the UNet, by whose channels variants are told apart.
  static let stableDiffusionMarker = "model.diffusion_model.input_blocks.0.0."
  static let stableDiffusionAdapters = [
    AdapterPrefix("lora_unet_", "unet"), AdapterPrefix("lora_te_", "text_encoder"),
    AdapterPrefix("lora_te1_", "text_encoder"), AdapterPrefix("unet.", "unet"),
    AdapterPrefix("text_encoder.", "text_encoder"),
  ]

  /// - Parameter scheduler: the class of the scheduler
  static func stableDiffusionFile(
    scheduler: @escaping @Sendable (CheckpointEvidence) -> String
  ) -> SingleFileLayout {
    // Files that were written by the code of Stable Diffusion XL have the tower in another place.
    let moved = SingleFileLayout.Part.openCLIP.at("conditioner.embedders.0.model.")
    var file = SingleFileLayout(parts: [.unet, .clip, .openCLIP, moved, .autoencoder]) {
      evidence, prediction in
      InferredConfiguration.scheduler(className: scheduler(evidence), predictionType: prediction)
    }
    file.prefixes = [
      "model.diffusion_model.", "cond_stage_model.", "conditioner.embedders.0.model.", "first_stage_model.",
    ]
    file.leftovers.append("denoiser.")
    return file
  }

  /// How many channels the UNet of a single file of Stable Diffusion takes.
  static func inputChannels(_ evidence: CheckpointEvidence) -> Int? {
    evidence.shape(of: stableDiffusionMarker + "weight")?.dropFirst().first
  }
}
