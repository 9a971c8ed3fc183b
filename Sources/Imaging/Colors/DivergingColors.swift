import Glibc

/// Moreland's diverging colours: straight lines from two ends to a neutral middle in the polar form (Msh) of CIELAB.
enum DivergingColors {
  private struct Msh {
    var magnitude: Double
    var saturation: Double
    var hue: Double
  }

  /// The paper's recommended ends, blue (59, 76, 192) and red (180, 4, 38).
  static func coolwarm(_ value: Double) -> SIMD3<Float> {
    color(
      value, from: Msh(magnitude: 80, saturation: 1.08, hue: -1.1),
      to: Msh(magnitude: 80, saturation: 1.08, hue: 0.5))
  }

  /// Its purple (111, 79, 161) and orange (194, 85, 12).
  static func puor(_ value: Double) -> SIMD3<Float> {
    color(
      value, from: Msh(magnitude: 65, saturation: 0.9, hue: -0.9),
      to: Msh(magnitude: 85, saturation: 0.95, hue: 0.95))
  }

  /// Through the white point of M = 88.
  private static func color(_ value: Double, from low: Msh, to high: Msh) -> SIMD3<Float> {
    let part = abs(2 * value - 1)
    let end = value < 0.5 ? low : high
    let spin = spin(of: end, toward: 88)
    return rgb(
      Msh(
        magnitude: 88 + (end.magnitude - 88) * part, saturation: end.saturation * part,
        hue: spin + (end.hue - spin) * part))
  }

  /// The hue that the middle must have for the way there to look even (the paper's `AdjustHue`).
  private static func spin(of color: Msh, toward middle: Double) -> Double {
    guard color.magnitude < middle - 0.1 else { return color.hue }
    let spin =
      color.saturation * sqrt(middle * middle - color.magnitude * color.magnitude)
      / (color.magnitude * sin(color.saturation))
    return color.hue > -.pi / 3 ? color.hue + spin : color.hue - spin
  }

  private static func rgb(_ color: Msh) -> SIMD3<Float> {
    let l = color.magnitude * cos(color.saturation)
    let a = color.magnitude * sin(color.saturation) * cos(color.hue)
    let b = color.magnitude * sin(color.saturation) * sin(color.hue)

    func inverse(_ t: Double) -> Double { t > 6.0 / 29 ? t * t * t : (t - 16.0 / 116) * 108 / 841 }
    let y = inverse((l + 16) / 116)
    let x = 0.9505 * inverse((l + 16) / 116 + a / 500)
    let z = 1.0890 * inverse((l + 16) / 116 - b / 200)

    func gamma(_ value: Double) -> Float {
      let encoded = value > 0.0031308 ? 1.055 * pow(value, 1 / 2.4) - 0.055 : 12.92 * value
      return Float(min(max(encoded, 0), 1))
    }
    return SIMD3(
      gamma(3.2406 * x - 1.5372 * y - 0.4986 * z), gamma(-0.9689 * x + 1.8758 * y + 0.0415 * z),
      gamma(0.0557 * x - 0.2040 * y + 1.0570 * z))
  }
}
