extension ModelFamily {
  /// Stable Diffusion trained to edit a picture by instructions (Brooks et al., 2023), which it sees beside the sample: eight
  /// channels.
  public static let instructPix2Pix: ModelFamily = {
    var family = ModelFamily.refused(
      "InstructPix2Pix", "an InstructPix2Pix model", classes: ["StableDiffusionInstructPix2PixPipeline"],
      markers: [stableDiffusionMarker], instead: "text to image and inpainting")
    family.isTold = { evidence in
      if case .file = evidence { return inputChannels(evidence) == 8 }
      return true
    }
    return family
  }()
}
