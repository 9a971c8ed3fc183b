/// Colours of plots. In a report they follow the page through its variables (`--ink`, `--soft`, `--faint`); elsewhere
/// they are middle tones that can be read on white and on black.
enum PlotStyle {
  static let series = [
    "#4a7fc4", "#d9822b", "#4c9f62", "#cf5650", "#8f6bbf", "#2f9da3", "#a5794f", "#cb6c9f",
  ]

  /// The colour of a layer; a band has that of the layer after it.
  static func color(_ layers: [Plot.Layer], _ index: Int) -> String {
    let bands = layers[..<index].count { if case .band = $0 { true } else { false } }
    return series[(index - bands) % series.count]
  }

  static let font =
    "ui-sans-serif, system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', 'Liberation Sans', sans-serif"

  /// An attribute for programs without CSS variables, and the same as a style for those with them.
  static func paint(_ property: String, _ variable: String) -> String {
    " \(property)=\"\(fallback)\" style=\"\(property):var(--\(variable),\(fallback))\""
  }

  private static let fallback = "#7a7f8a"

  /// How wide a text will be, roughly: fonts differ, so margins are generous.
  static func width(of text: String, size: Double) -> Double { Double(text.count) * size * 0.58 }
}
