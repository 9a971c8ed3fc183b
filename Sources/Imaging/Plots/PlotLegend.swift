extension PlotFrame {
  struct LegendEntry {
    let layer: Int
    let label: String
    let shown: String
    /// Where its mark begins.
    let left: Double
  }

  /// The labels row by row.
  static func legendRows(_ plot: Plot, from start: Double = legendStart) -> [[LegendEntry]] {
    var rows: [[LegendEntry]] = []
    var left = start
    for (layer, label) in plot.layers.enumerated().compactMap({ index, layer in
      layer.label.map { (index, $0) }
    }) {
      let shown = PlotText.shortened(label, to: plot.width - start - 26, size: 12)
      let width = 22 + PlotText.width(of: shown, size: 12)
      if rows.isEmpty || (left + width > plot.width - 4 && left > start) {
        rows.append([])
        left = start
      }
      rows[rows.count - 1].append(LegendEntry(layer: layer, label: label, shown: shown, left: left))
      left += width + 18
    }
    return rows
  }

  func drawLegend(_ svg: inout SVG) {
    let rows = PlotFrame.legendRows(plot, from: min(x.start, PlotFrame.legendStart))
    guard !rows.isEmpty else { return }
    let first = title.isEmpty ? 14.0 : 38 + 18 * Double(title.count - 1)
    svg.raw("<g font-size=\"12\"\(PlotStyle.paint("fill", "soft"))>\n")
    for (row, entries) in rows.enumerated() {
      let top = first + 22 * Double(row)
      for entry in entries {
        drawMark(of: entry.layer, x: entry.left, y: top, on: &svg)
        svg.text(
          lines: [entry.shown], whole: entry.label, x: entry.left + 22, y: top + 4, leading: 0,
          anchor: "start")
      }
    }
    svg.raw("</g>\n")
  }

  private func drawMark(of layer: Int, x left: Double, y top: Double, on svg: inout SVG) {
    let color = PlotStyle.color(plot.layers, layer)
    switch plot.layers[layer] {
    case .line:
      svg.raw(
        "<path d=\"M\(SVG.number(left)) \(SVG.number(top))h16\" stroke=\"\(color)\" stroke-width=\"2.5\""
          + "\(PlotStyle.dashes(plot.layers, layer))/>\n")
    case .points where PlotStyle.mark(plot.layers, layer) != .circle:
      svg.group(["fill": color]) {
        $0.mark(PlotStyle.mark(plot.layers, layer), x: left + 8, y: top, radius: 5)
      }
    default:
      svg.raw(
        "<rect x=\"\(SVG.number(left + 3))\" y=\"\(SVG.number(top - 5))\" width=\"10\" height=\"10\" rx=\"2\" "
          + "fill=\"\(color)\" style=\"fill:\(color)\"/>\n")
    }
  }
}
