import Encoding
import Models
import Sampling

extension ModelFamily {
  /// Stable Diffusion XL (Podell et al., "SDXL: Improving Latent Diffusion Models for High-Resolution Image Synthesis", 2023):
  /// two text towers, the pooled text and the picture's sizes beside the timestep, most of the transformer layers at the
  /// smallest maps.
  public static let stableDiffusionXL: ModelFamily = {
    var family = ModelFamily("Stable Diffusion XL")
    family.pipelineClasses = [
      "StableDiffusionXLPipeline", "StableDiffusionXLImg2ImgPipeline", "StableDiffusionXLInpaintPipeline",
    ]
    family.markers = ["conditioner.embedders.1.", "model.diffusion_model.label_emb.0."]
    family.roles = [
      .unet, .vae,
      // With a projection of its own, diffusers would take the pooled text from the first tower.
      ComponentRole("text_encoder", .textEncoder, loaders: [.clipText.only("CLIPTextModel")]),
      ComponentRole("text_encoder_2", .textEncoder, loaders: [.clipText]),
      .tokenizer, ComponentRole("tokenizer_2", .tokenizer, loaders: [.clipTokenizer]), .scheduler,
    ]
    family.settings = [zerosEmptyPrompts, scoresPictures]
    // A watermark is an addition of diffusers', which it makes only where another library is installed.
    family.ignoredSettings.insert("add_watermarker")
    family.adapterPrefixes = [
      AdapterPrefix("lora_unet_", "unet"), AdapterPrefix("lora_te1_", "text_encoder"),
      AdapterPrefix("lora_te2_", "text_encoder_2"), AdapterPrefix("unet.", "unet"),
      AdapterPrefix("text_encoder.", "text_encoder"), AdapterPrefix("text_encoder_2.", "text_encoder_2"),
    ]
    family.embeddingKeys = ["text_encoder": "clip_l", "text_encoder_2": "clip_g"]
    family.defaults = Defaults(steps: 50, guidance: 5)
    family.singleFile = singleFileXL
    family.assemble = assembleXL
    return family
  }()

  /// In `model_index.json`: whether an absent negative prompt is zeros rather than an empty text.
  private static let zerosEmptyPrompts = "force_zeros_for_empty_prompt"

  /// Whether the model is told how a picture pleases in the place of its size, as the refiner is.
  private static let scoresPictures = "requires_aesthetics_score"

  @Sendable private static func assembleXL(_ checkpoint: Checkpoint) throws -> Pipeline {
    guard try !checkpoint.setting(scoresPictures, default: false) else {
      throw PipelineError(
        "\(checkpoint.path)/model_index.json: \(scoresPictures) = true is not supported (it is the refiner's)"
      )
    }
    let tokenizers = (try checkpoint.tokenizer("tokenizer"), try checkpoint.tokenizer("tokenizer_2"))
    guard let one = tokenizers.0 as? Tokenizer, let two = tokenizers.1 as? Tokenizer,
      one.hasVocabulary(of: two)
    else { throw PipelineError("\(checkpoint.path): tokenizer and tokenizer_2 have different vocabularies") }
    guard let first = try checkpoint.textEncoder("text_encoder") as? TextEncoder,
      let second = try checkpoint.textEncoder("text_encoder_2") as? TextEncoder
    else { throw PipelineError("\(checkpoint.path): text_encoder and text_encoder_2 must both be CLIP's") }
    // A tokenizer that stands for both, as beside single files, is CLIP's: OpenCLIP fills up with zeros.
    let isShared = checkpoint.source("tokenizer")?.directory == checkpoint.source("tokenizer_2")?.directory
    let padding = PairedTextEncoder.Padding(end: one.end, first: one.pad, second: isShared ? 0 : two.pad)
    let pipeline = Pipeline(
      unet: try checkpoint.predictor(),
      textEncoder: try PairedTextEncoder(first, second, padding: padding),
      tokenizer: one, codec: try checkpoint.codec(), schedulerConfig: try checkpoint.schedulerConfig())
    pipeline.zerosAbsentNegative = try checkpoint.setting(zerosEmptyPrompts, default: true)
    return pipeline
  }

  // MARK: Single files

  /// SDXL-Turbo's file is told by its name alone: its tensors are those of the base model.
  private static func isTurbo(_ evidence: CheckpointEvidence) -> Bool {
    evidence.isCalled("sd_xl_turbo", "sdxl-turbo")
  }

  private static let singleFileXL: SingleFileLayout = {
    var vae = SingleFileLayout.Part.autoencoder
    vae.configuration = { weights, _ in
      var configuration = InferredConfiguration.autoencoder(weights).object ?? JSON.Object()
      configuration["scaling_factor"] = 0.13025
      return .object(configuration)
    }
    let first = SingleFileLayout.Part.clip.at("conditioner.embedders.0.transformer.")
    var file = SingleFileLayout(parts: [.unet, first, .openCLIPWithProjection, vae]) { evidence, prediction in
      var scheduler =
        InferredConfiguration.scheduler(
          className: isTurbo(evidence) ? "EulerAncestralDiscreteScheduler" : "EulerDiscreteScheduler",
          predictionType: prediction
        ).object ?? JSON.Object()
      scheduler["timestep_spacing"] = isTurbo(evidence) ? "trailing" : "leading"
      // A tensor that says that the last step of training is noise alone.
      if evidence.hasNames("ztsnr") { scheduler["rescale_betas_zero_snr"] = true }
      return .object(scheduler)
    }
    file.prefixes = ["model.diffusion_model.", "conditioner.", "first_stage_model."]
    file.leftovers += ["denoiser.", "v_pred", "ztsnr"]
    file.prediction = { ($0.hasNames("v_pred") ? "v_prediction" : "epsilon", isGuess: false) }
    file.sampleSize = { evidence, _ in isTurbo(evidence) ? 64 : 128 }
    return file
  }()
}
