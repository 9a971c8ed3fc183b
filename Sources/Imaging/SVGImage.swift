import CImaging
import Glibc

extension Image {
  /// An SVG document as pixels, RGBA on nothing.
  ///
  /// - Parameter scale: pixels per CSS pixel.
  /// - Throws: `ImagingError` for a picture that would be empty or too large, or where librsvg is not installed.
  public init(svg text: String, scale: Double = 1) throws {
    let document = Array(text.utf8)
    var drawn = ci_image()
    try withMessage(from: "SVG") { message, size in
      ci_svg_draw(document, document.count, scale, &drawn, message, size)
    }
    defer { free(drawn.samples) }
    try self.init(drawn, format: "SVG")
  }
}
