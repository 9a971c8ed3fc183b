extension ModelFamily {
  /// Flux (Black Forest Labs, 2024).
  public static let flux = ModelFamily.refused(
    "Flux", "a Flux checkpoint",
    classes: ["Flux*"],
    markers: ["double_blocks.", "model.diffusion_model.double_blocks.", "single_transformer_blocks."],
    foreignPrefixes: ["transformer.", "diffusion_model."])
}
