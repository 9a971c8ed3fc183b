import Encoding

/// A picture as it stands in a drawing: a PNG file in letters.
public struct EmbeddedPicture {
  let width: Int
  let height: Int
  let base64: String

  /// - Throws: where the picture cannot be written as PNG.
  public init(_ image: Image) throws {
    (width, height) = (image.width, image.height)
    base64 = Base64.encode(try image.pngData())
  }
}

extension SVG {
  /// A picture that fills this room; small ones keep hard pixels.
  mutating func picture(_ picture: EmbeddedPicture, x: Double, y: Double, width: Double, height: Double) {
    let isEnlarged = width > Double(picture.width) * 1.5
    raw(
      "<image x=\"\(SVG.number(x))\" y=\"\(SVG.number(y))\" width=\"\(SVG.number(width))\" "
        + "height=\"\(SVG.number(height))\" preserveAspectRatio=\"none\""
        + (isEnlarged ? " image-rendering=\"pixelated\"" : "")
        + " href=\"data:image/png;base64,\(picture.base64)\"/>\n")
  }
}
