extension ModelFamily {
  /// Sana (Xie et al., 2024).
  public static let sana = ModelFamily.refused(
    "Sana", "a Sana checkpoint",
    classes: ["Sana*"])
}
