import CImaging
import Glibc

extension Plot {
  /// The plot as pixels, RGBA on nothing.
  ///
  /// - Parameter scale: pixels per CSS pixel of `width` and `height`.
  /// - Throws: `ImagingError` for a picture that would be empty or too large, or where librsvg is not installed.
  public func image(scale: Double = 2) throws -> Image {
    guard scale.isFinite, scale > 0 else { throw ImagingError("scale must be positive, got \(scale)") }
    let document = Array(try svg().utf8)
    var drawn = ci_image()
    try withMessage(from: "SVG") { message, size in
      ci_svg_draw(document, document.count, scale, &drawn, message, size)
    }
    defer { free(drawn.samples) }
    return try Image(drawn, format: "SVG")
  }
}
