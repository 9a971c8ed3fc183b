extension ModelFamily {
  /// Models of the same parts without a VAE: the UNet works on pixels.
  public static let pixelDiffusion: ModelFamily = {
    var family = ModelFamily("pixel diffusion")
    family.isVariant = true
    family.pipelineClasses = stableDiffusionPipelines
    family.isTold = { !$0.hasComponent("vae") }
    // One may be given beside the model.
    family.roles = [.unet, .vae.optional, .textEncoder, .tokenizer, .scheduler]
    family.adapterPrefixes = stableDiffusionAdapters
    return family
  }()
}
