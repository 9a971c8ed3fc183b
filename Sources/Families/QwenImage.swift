extension ModelFamily {
  /// Qwen-Image (Alibaba, 2025).
  public static let qwenImage = ModelFamily.refused(
    "Qwen-Image", "a Qwen-Image checkpoint",
    classes: ["QwenImage*"])
}
