extension ModelFamily {
  /// Kandinsky (Razzhigaev et al., 2023): a prior from texts to CLIP's pictures, and a decoder from there.
  public static let kandinsky = ModelFamily.refused(
    "Kandinsky", "a Kandinsky checkpoint",
    classes: ["Kandinsky*"])
}
