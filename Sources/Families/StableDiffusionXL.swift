extension ModelFamily {
  /// Stable Diffusion XL and SDXL Turbo (Podell et al., "SDXL: Improving Latent Diffusion Models for High-Resolution Image
  /// Synthesis", 2023): two text encoders, pooled text and sizes beside the timestep.
  public static let stableDiffusionXL = ModelFamily.refused(
    "Stable Diffusion XL", "a Stable Diffusion XL checkpoint",
    classes: ["StableDiffusionXL*"],
    markers: ["conditioner.embedders.", "model.diffusion_model.label_emb."],
    foreignPrefixes: ["lora_te2_", "text_encoder_2."])
}
