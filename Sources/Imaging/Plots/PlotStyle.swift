/// Colours of plots. In a report they follow the page through its variables (`--ink`, `--soft`, `--faint`); elsewhere
/// they are middle tones that can be read on white and on black.
enum PlotStyle {
  /// Told apart by hue (the first eight) and by lightness (the others); beyond eight, dashes and marks differ as well.
  static let series = [
    "#4a7fc4", "#d9822b", "#4c9f62", "#cf5650", "#8f6bbf", "#2f9da3", "#a5794f", "#cb6c9f",
    "#8fb4e3", "#b3b04a", "#8fcf9f", "#8c3b52", "#c4a8e6", "#1f6f63", "#e0b184", "#6c7480",
  ]

  /// How the points of a series look; a line has dashes in the same order.
  enum Mark: Int { case circle, square, triangle }

  /// The place of a layer among the series; a band has that of the layer after it.
  static func place(_ layers: [Plot.Layer], _ index: Int) -> Int {
    layers[..<index].count { if case .band = $0 { false } else { true } }
  }

  static func color(_ layers: [Plot.Layer], _ index: Int) -> String {
    series[place(layers, index) % series.count]
  }

  static func mark(_ layers: [Plot.Layer], _ index: Int) -> Mark {
    Mark(rawValue: place(layers, index) / 8 % 3) ?? .circle
  }

  /// An attribute for lines beyond the eighth.
  static func dashes(_ layers: [Plot.Layer], _ index: Int) -> String {
    switch mark(layers, index) {
    case .circle: ""
    case .square: " stroke-dasharray=\"7 4\""
    case .triangle: " stroke-dasharray=\"2 4\""
    }
  }

  static let font =
    "ui-sans-serif, system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', 'Liberation Sans', sans-serif"

  /// An attribute for programs without CSS variables, and the same as a style for those with them.
  static func paint(_ property: String, _ variable: String) -> String {
    " \(property)=\"\(fallback)\" style=\"\(property):var(--\(variable),\(fallback))\""
  }

  private static let fallback = "#7a7f8a"
}
