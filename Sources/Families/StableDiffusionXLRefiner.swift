extension ModelFamily {
  /// The second model of Stable Diffusion XL, which takes the last steps.
  public static let stableDiffusionXLRefiner = ModelFamily.refused(
    "Stable Diffusion XL refiner", "a Stable Diffusion XL refiner",
    classes: [],
    markers: ["conditioner.embedders.0.model."])
}
