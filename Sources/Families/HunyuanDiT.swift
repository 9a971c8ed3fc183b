extension ModelFamily {
  /// Hunyuan-DiT (Li et al., 2024).
  public static let hunyuanDiT = ModelFamily.refused(
    "Hunyuan-DiT", "a Hunyuan-DiT checkpoint",
    classes: ["Hunyuan*"])
}
