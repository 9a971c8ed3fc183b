extension ModelFamily {
  /// Models distilled for few steps, with the guidance beside the timestep (Luo et al., "Latent Consistency Models", 2023).
  public static let latentConsistency = ModelFamily.refused(
    "latent consistency", "a latent consistency checkpoint",
    classes: ["LatentConsistencyModel*"])
}
