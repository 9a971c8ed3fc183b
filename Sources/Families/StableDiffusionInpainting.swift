import Models

extension ModelFamily {
  /// Stable Diffusion 1 and 2 trained for inpainting: the UNet also sees a mask and the latents of the masked picture,
  /// nine channels in all.
  public static let stableDiffusionInpainting: ModelFamily = {
    var family = ModelFamily("Stable Diffusion for inpainting")
    family.isVariant = true
    family.pipelineClasses = ["StableDiffusionInpaintPipeline"] + stableDiffusionPipelines
    family.markers = [stableDiffusionMarker]
    family.isTold = { evidence in
      if case .directory("StableDiffusionInpaintPipeline", _) = evidence { return true }
      let channels = try? evidence.configuration(of: "unet")?.int("in_channels", default: 4)
      return (inputChannels(evidence) ?? channels) == 9
    }
    family.adapterPrefixes = stableDiffusionAdapters
    family.singleFile = stableDiffusionFile { isSecondVersion($0) ? "DDIMScheduler" : "PNDMScheduler" }
    return family
  }()
}
