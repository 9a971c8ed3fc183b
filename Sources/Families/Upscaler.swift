extension ModelFamily {
  /// Stable Diffusion trained to enlarge pictures, which it sees beside the sample: seven channels.
  public static let upscaler: ModelFamily = {
    var family = ModelFamily.refused(
      "upscaler", "an upscaler", classes: ["StableDiffusionUpscale*", "StableDiffusionLatentUpscale*"],
      markers: [stableDiffusionMarker], instead: "text to image and inpainting")
    family.isTold = { evidence in
      if case .file = evidence { return inputChannels(evidence) == 7 }
      return true
    }
    return family
  }()
}
