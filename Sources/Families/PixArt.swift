extension ModelFamily {
  /// PixArt-α and PixArt-Σ (Chen et al., "PixArt-α: Fast Training of Diffusion Transformer for Photorealistic Text-to-Image
  /// Synthesis", 2023).
  public static let pixArt = ModelFamily.refused(
    "PixArt", "a PixArt checkpoint",
    classes: ["PixArt*"],
    markers: ["adaln_single.", "model.diffusion_model.adaln_single.", "t_block."])
}
