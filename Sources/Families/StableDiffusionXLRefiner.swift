extension ModelFamily {
  /// The second model of Stable Diffusion XL, which takes the last steps: the second text tower alone, and a score of how a
  /// picture pleases in the place of its size.
  public static let stableDiffusionXLRefiner: ModelFamily = {
    var family = ModelFamily.refused(
      "Stable Diffusion XL refiner", "a Stable Diffusion XL refiner",
      classes: ["StableDiffusionXLImg2ImgPipeline", "StableDiffusionXLPipeline"],
      markers: ["conditioner.embedders.0.model."])
    family.isTold = { evidence in
      // The tower stands there in files of version 2 too, whose UNets are told of no sizes.
      if case .file = evidence {
        return evidence.hasNames("model.diffusion_model.label_emb.")
          || !evidence.hasNames("model.diffusion_model.")
      }
      return !evidence.hasComponent("text_encoder")
    }
    return family
  }()
}
