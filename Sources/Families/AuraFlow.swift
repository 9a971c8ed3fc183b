extension ModelFamily {
  /// AuraFlow (fal, 2024).
  public static let auraFlow = ModelFamily.refused(
    "AuraFlow", "an AuraFlow checkpoint",
    classes: ["AuraFlow*"],
    markers: ["double_layers.", "model.double_layers."])
}
