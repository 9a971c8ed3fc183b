extension Plot {
  /// The plot as pixels, RGBA on nothing.
  ///
  /// - Parameter scale: pixels per CSS pixel of `width` and `height`.
  /// - Throws: `ImagingError` for a picture that would be empty or too large, or where librsvg is not installed.
  public func image(scale: Double = 2) throws -> Image {
    guard scale.isFinite, scale > 0 else { throw ImagingError("scale must be positive, got \(scale)") }
    return try Image(svg: svg(), scale: scale)
  }
}
