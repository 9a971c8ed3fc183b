extension ModelFamily {
  /// Stable Diffusion 3 and 3.5 (Esser et al., "Scaling Rectified Flow Transformers for High-Resolution Image Synthesis",
  /// 2024).
  public static let stableDiffusion3 = ModelFamily.refused(
    "Stable Diffusion 3", "a Stable Diffusion 3 checkpoint",
    classes: ["StableDiffusion3*"],
    markers: ["joint_blocks.", "model.diffusion_model.joint_blocks."],
    foreignPrefixes: ["lora_te3_", "text_encoder_3.", "lora_transformer_"])
}
