import Tensor

/// Turns numbers in [0, 1] into colours.
public struct ColorMap: Sendable {
  public let name: String
  /// 256 colours from low to high, each red, green, blue in [0, 1].
  let colors: [SIMD3<Float>]

  /// Black to white.
  public static let grey = ColorMap(name: "grey") { SIMD3(repeating: $0) }
  public static let viridis = ColorMap(name: "viridis", table: ColorTables.viridis)
  public static let magma = ColorMap(name: "magma", table: ColorTables.magma)
  public static let inferno = ColorMap(name: "inferno", table: ColorTables.inferno)
  public static let turbo = ColorMap(name: "turbo", table: ColorTables.turbo)

  /// Blue to yellow: looks alike to people with and without colour vision deficiency.
  public static let cividis = ColorMap(name: "cividis", table: ColorTables.cividis)

  /// Blue, cyan, yellow, red: the old favourite that attribution papers print.
  public static let jet = ColorMap(name: "jet") { value in
    func ramp(_ center: Float) -> Float { min(max(1.5 - abs(4 * value - center), 0), 1) }
    return SIMD3(ramp(3), ramp(2), ramp(1))
  }

  /// Blue over light grey to red, for values around a middle (K. Moreland, "Diverging Color Maps for Scientific
  /// Visualization", 2009).
  public static let coolwarm = ColorMap(name: "coolwarm") { DivergingColors.coolwarm(Double($0)) }

  /// Purple over light grey to orange, the pair of the same paper that is told apart without red and green.
  public static let puor = ColorMap(name: "puor") { DivergingColors.puor(Double($0)) }

  public static let all: [ColorMap] = [
    viridis, magma, inferno, cividis, turbo, jet, coolwarm, puor, grey,
  ]

  /// A map through these colours, evenly spaced, straight between them; values outside [0, 1] are clamped.
  ///
  /// - Throws: `ImagingError` for fewer than two colours.
  public init(name: String, stops: [SIMD3<Float>]) throws {
    guard stops.count >= 2 else { throw ImagingError("colour map '\(name)': at least two colours expected") }
    let stops = stops.map { $0.clamped(lowerBound: .zero, upperBound: .one) }
    self.init(name: name) { value in
      let place = value * Float(stops.count - 1)
      let low = min(Int(place), stops.count - 2)
      return stops[low] + (stops[low + 1] - stops[low]) * (place - Float(low))
    }
  }

  public static func named(_ name: String) throws -> ColorMap {
    if let map = all.first(where: { $0.name == name }) { return map }
    if name == "gray" { return grey }
    throw ImagingError("no colour map '\(name)'; there are \(all.map(\.name).joined(separator: ", "))")
  }

  /// The colour of a number; what lies outside [0, 1] takes the colour of the end, what is not a number that of 0.
  public func callAsFunction(_ value: Float) -> SIMD3<Float> {
    guard value > 0 else { return colors[0] }
    let place = min(value, 1) * 255
    let low = min(Int(place), 254)
    let part = place - Float(low)
    return colors[low] * (1 - part) + colors[low + 1] * part
  }

  /// A map {height, width} as a picture. `range` is what becomes 0 and 1; by default the smallest and largest value.
  public func image(of map: Tensor, range: ClosedRange<Float>? = nil) throws -> Image {
    guard map.rank == 2, map.count > 0 else {
      throw ImagingError("a map {height, width} is needed, got \(Metrics.text(map.shape))")
    }
    let values = try map.elements(copies: 8)
    var pixels = [Float]()
    pixels.reserveCapacity(map.count * 3)
    for value in ColorMap.normalized(values, range: range) {
      let color = self(value)
      pixels += [color.x, color.y, color.z]
    }
    return try Image(Tensor(pixels, shape: [map.shape[0], map.shape[1], 3]))
  }

  /// Values scaled so that `range` becomes 0 … 1; a flat map becomes 0.
  static func normalized(_ values: [Float], range: ClosedRange<Float>? = nil) -> [Float] {
    let finite = values.lazy.filter(\.isFinite)
    let low = range?.lowerBound ?? finite.min() ?? 0
    let high = range?.upperBound ?? finite.max() ?? 0
    guard high > low else { return values.map { _ in 0 } }
    return values.map { ($0 - low) / (high - low) }
  }

  private init(name: String, _ color: (Float) -> SIMD3<Float>) {
    self.name = name
    colors = (0..<256).map { color(Float($0) / 255) }
  }

  private init(name: String, table: String) {
    self.name = name
    let digits = table.utf8.map { Float($0 < 0x40 ? $0 - 0x30 : $0 - 0x57) }
    colors = (0..<256).map { color in
      func channel(_ index: Int) -> Float {
        (digits[color * 6 + index * 2] * 16 + digits[color * 6 + index * 2 + 1]) / 255
      }
      return SIMD3(channel(0), channel(1), channel(2))
    }
  }
}
