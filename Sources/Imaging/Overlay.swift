import Tensor

extension Image {
  /// A heat map over a picture: the map is brought to the picture's size (bicubic) and to [0, 1], and each pixel is
  /// mixed with the map's colour.
  ///
  /// - Parameters:
  ///   - heat: {h, w} of any size.
  ///   - alpha: how much of the colour shows where the map is 1.
  ///   - range: the values that become 0 and 1; the smallest and largest by default.
  ///   - uniform: whether the colour covers everything alike; by default it fades with the map, so that the picture
  ///     stays clear where the map is low.
  public static func overlay(
    heat: Tensor, on image: Image, alpha: Float = 0.75, colors: ColorMap = .turbo,
    range: ClosedRange<Float>? = nil, uniform: Bool = false
  ) throws -> Image {
    guard heat.rank == 2, heat.count > 0 else {
      throw ImagingError("a heat map {height, width} is needed, got \(Metrics.text(heat.shape))")
    }
    let isFitting = heat.shape == [image.height, image.width]
    let fitted = isFitting ? heat : try heat.resized(height: image.height, width: image.width, mode: .bicubic)
    let values = try ColorMap.normalized(fitted.elements(copies: 2), range: range)
    var pixels = try image.rgb().tensor.elements(copies: 3)
    for (pixel, value) in values.enumerated() {
      let color = colors(value)
      let weight = alpha * (uniform ? 1 : value.isFinite ? min(max(value, 0), 1) : 0)
      for channel in 0..<3 {
        pixels[3 * pixel + channel] += weight * (color[channel] - pixels[3 * pixel + channel])
      }
    }
    return try Image(Tensor(pixels, shape: [image.height, image.width, 3]))
  }
}
