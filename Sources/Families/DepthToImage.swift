extension ModelFamily {
  /// Stable Diffusion 2 trained to see a map of depths: five channels.
  public static let depthToImage: ModelFamily = {
    var family = ModelFamily.refused(
      "depth to image", "a depth-to-image model", classes: ["StableDiffusionDepth2ImgPipeline"],
      markers: [stableDiffusionMarker], instead: "text to image and inpainting")
    family.isTold = { evidence in
      if case .file = evidence { return inputChannels(evidence) == 5 }
      return true
    }
    return family
  }()
}
