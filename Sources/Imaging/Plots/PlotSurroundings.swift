extension PlotFrame {
  func drawGrid(_ svg: inout SVG) {
    guard colors == nil else { return }
    svg.group(["stroke": "currentColor", "stroke-opacity": "0.13"]) { svg in
      if plot.yCategories == nil {
        for tick in yTicks { svg.line(x.start, y.position(tick.value), x.end, y.position(tick.value)) }
      }
      if plot.xCategories == nil {
        for tick in xTicks { svg.line(x.position(tick.value), y.start, x.position(tick.value), y.end) }
      }
    }
  }

  func drawAxes(_ svg: inout SVG) {
    drawZero(&svg)
    svg.raw("<g font-size=\"\(PlotFrame.tickSize)\"\(PlotStyle.paint("fill", "soft"))>\n")
    drawColumnNames(&svg)
    for tick in yTicks where y.position(tick.value) >= y.low - 1 {
      let above = PlotFrame.leading / 2 * Double(tick.lines.count - 1)
      svg.text(
        lines: tick.lines, whole: tick.label, x: x.start - 7, y: y.position(tick.value) + 4 - above,
        leading: PlotFrame.leading, anchor: "end")
    }
    if let label = plot.xLabel {
      let lines = PlotText.paragraph(label, to: plot.width - 16, size: PlotFrame.tickSize, lines: 1)
      // In the middle of the axis, unless it would leave the page there.
      let half = PlotText.width(of: lines.first ?? "", size: PlotFrame.tickSize) / 2
      let middle = min(max((x.start + x.end) / 2, half + 4), plot.width - half - 4)
      svg.text(lines: lines, whole: label, x: middle, y: height - 8, leading: PlotFrame.leading)
    }
    if let label = plot.yLabel { drawUpright(label, x: 12, &svg) }
    if let label = plot.colorLabel, colors != nil { drawUpright(label, x: x.end + colorRoom, &svg) }
    svg.raw("</g>\n")
  }

  /// Beside the colour bar and its numbers.
  private var colorRoom: Double { 34 + colorTicks.reduce(0) { max($0, $1.width) } + 16 }

  private func drawColumnNames(_ svg: inout SVG) {
    for tick in xTicks {
      let left = x.position(tick.value)
      if isTurned {
        let place = "\(SVG.number(left + 4)) \(SVG.number(y.high + 14))"
        svg.text(
          lines: tick.lines, whole: tick.label, x: left + 4, y: y.high + 14, leading: 0, anchor: "end",
          attributes: " transform=\"rotate(-38 \(place))\"")
      } else {
        svg.text(lines: tick.lines, whole: tick.label, x: left, y: y.high + 17, leading: PlotFrame.leading)
      }
    }
  }

  /// The line on which bars stand.
  private func drawZero(_ svg: inout SVG) {
    guard colors == nil else { return }
    let values = plot.isHorizontal ? x : y
    guard values.range.contains(0) || values.isLogarithmic else { return }
    let base = values.isLogarithmic ? values.start : values.position(0)
    svg.raw("<g\(PlotStyle.paint("stroke", "faint"))>\n")
    if plot.isHorizontal {
      svg.line(base, y.start, base, y.end)
    } else {
      svg.line(x.start, base, x.end, base)
    }
    svg.raw("</g>\n")
  }

  /// A label that is read from below, in the middle of the vertical axis.
  private func drawUpright(_ label: String, x: Double, _ svg: inout SVG) {
    let lines = PlotText.paragraph(label, to: height - 8, size: PlotFrame.tickSize, lines: 1)
    let half = PlotText.width(of: lines.first ?? "", size: PlotFrame.tickSize) / 2
    let middle = max(min((y.start + y.end) / 2, height - half - 4), half + 4)
    svg.text(
      lines: lines, whole: label, x: x, y: middle, leading: 0,
      attributes: " transform=\"rotate(-90 \(SVG.number(x)) \(SVG.number(middle)))\"")
  }

  func drawTitle(_ svg: inout SVG) {
    guard let whole = plot.title else { return }
    let widest = title.reduce(0) {
      max($0, PlotText.width(of: $1, size: PlotFrame.titleSize * PlotText.bold))
    }
    svg.text(
      lines: title, whole: whole, x: max(min(x.start, plot.width - 16 - widest), 16), y: 20, leading: 18,
      anchor: "start",
      attributes: " font-size=\"14\" font-weight=\"600\"\(PlotStyle.paint("fill", "ink"))")
  }
}

extension SVG {
  mutating func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double) {
    raw("<path d=\"M\(SVG.number(x1)) \(SVG.number(y1))L\(SVG.number(x2)) \(SVG.number(y2))\"/>\n")
  }
}
