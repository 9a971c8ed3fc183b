extension ModelFamily {
  /// Lumina-Next and Lumina-Image 2.0 (Zhuo et al., 2024).
  public static let lumina = ModelFamily.refused(
    "Lumina", "a Lumina checkpoint",
    classes: ["Lumina*"])
}
