extension ModelFamily {
  /// Stable Cascade and Würstchen (Pernias et al., "Würstchen: An Efficient Architecture for Large-Scale Text-to-Image
  /// Diffusion Models", 2023).
  public static let stableCascade = ModelFamily.refused(
    "Stable Cascade", "a Stable Cascade or Würstchen checkpoint",
    classes: ["StableCascade*", "Wuerstchen*"],
    markers: ["clip_txt_mapper.", "clip_txt_pooled_mapper.", "effnet_mapper."],
    foreignPrefixes: ["prior."])
}
