extension ModelFamily {
  /// DeepFloyd IF (Stability AI, 2023): a cascade on pixels, conditioned on T5.
  public static let deepFloydIF = ModelFamily.refused(
    "DeepFloyd IF", "a DeepFloyd IF checkpoint",
    classes: [
      "IFPipeline", "IFSuperResolutionPipeline", "IFImg2ImgPipeline", "IFImg2ImgSuperResolutionPipeline",
      "IFInpaintingPipeline", "IFInpaintingSuperResolutionPipeline",
    ])
}
