import Glibc

/// Where things stand in a plot: margins, axes, ticks, and the drawing of everything but the data.
struct PlotFrame {
  let plot: Plot
  let x: Axis
  let y: Axis
  let xTicks: [(value: Double, label: String)]
  let yTicks: [(value: Double, label: String)]
  let cells: CellsScale?
  /// Whether the names under the plot are turned, as they are too long to stand beside each other.
  let isTurned: Bool

  static let tickSize = 11.5
  /// Where a legend begins at most: before the axes are known, so that its rows can be counted.
  private static let legendStart = 80.0
  /// The angle of turned names.
  private static let turn = 38 * Double.pi / 180

  init(_ plot: Plot) {
    self.plot = plot
    cells = CellsScale(plot.layers)
    let (xRange, yRange) = PlotFrame.ranges(plot, cells)

    func axis(_ range: ClosedRange<Double>, _ isLogarithmic: Bool, _ start: Double, _ end: Double) -> Axis {
      Axis(range: range, isLogarithmic: isLogarithmic, start: start, end: end)
    }
    func ticks(_ axis: Axis, _ categories: [String]?, about count: Int) -> [(value: Double, label: String)] {
      guard let categories else { return axis.ticks(about: count) }
      return categories.enumerated().map { (Double($0.offset + 1), $0.element) }
    }
    let legend = PlotFrame.legendRows(plot, from: PlotFrame.legendStart)
    let top = (plot.title == nil ? 14.0 : 38) + 22 * Double(legend.count)
    let names = (plot.xCategories ?? []).map(PlotFrame.cut)
    let longest = names.reduce(0.0) { max($0, PlotStyle.width(of: $1, size: PlotFrame.tickSize)) }
    isTurned = longest + 8 > (plot.width - 80) / Double(max(names.count, 1))
    let turnedHeight = isTurned ? longest * sin(PlotFrame.turn) : 0
    let bottom = max(top + 20, plot.height - 26 - turnedHeight - (plot.xLabel == nil ? 0 : 20))
    // Cells are read from the top like a picture.
    let vertical =
      cells == nil
      ? axis(yRange, plot.isYLogarithmic, bottom, top) : axis(yRange, false, top, bottom)
    yTicks = ticks(vertical, plot.yCategories, about: max(2, Int((bottom - top) / 52)))
    let widest = yTicks.reduce(0.0) { max($0, PlotStyle.width(of: $1.label, size: PlotFrame.tickSize)) }
    // Turned names reach to the left of their place.
    let reach = isTurned ? longest * cos(PlotFrame.turn) - plot.width * 0.4 / Double(names.count) : 0
    let left = min(plot.width * 0.4, max(16 + widest + (plot.yLabel == nil ? 0 : 20), reach))
    let right = plot.width - (cells == nil ? 18 : 78)
    let horizontal = axis(xRange, plot.isXLogarithmic, left, right)
    let all = ticks(horizontal, plot.xCategories, about: max(2, Int((right - left) / 84)))
    xTicks = PlotFrame.thinned(all, horizontal, isTurned: isTurned)
    (x, y) = (horizontal, vertical)
  }

  private static func ranges(_ plot: Plot, _ cells: CellsScale?) -> (ClosedRange<Double>, ClosedRange<Double>)
  {
    if let cells { return (0.5...Double(cells.columns) + 0.5, 0.5...Double(cells.rows) + 0.5) }
    var xs: [Double] = []
    var ys: [Double] = []
    var isFilled = false
    var isScattered = false
    var categories = plot.xCategories?.count ?? 0
    for layer in plot.layers {
      switch layer {
      case .line(let x, let y, _):
        xs += x
        ys += y
      case .points(let x, let y, _):
        xs += x
        ys += y
        isScattered = true
      case .band(let x, let low, let high):
        xs += x
        ys += low + high
      case .bars(let values, let low, let high, _):
        categories = max(categories, values.count)
        ys += values + (low ?? []) + (high ?? [])
        isFilled = true
      case .histogram(let edges, let counts, _):
        xs += edges
        ys += counts
        isFilled = true
      case .cells: break
      }
    }
    if isFilled, !plot.isYLogarithmic { ys.append(0) }  // bars stand on zero
    if categories > 0 { xs += [0.5, Double(categories) + 0.5] }
    let xPadding = isFilled || !isScattered ? 0 : 0.04
    let yRange = Axis.range(of: ys, isLogarithmic: plot.isYLogarithmic, padding: isFilled ? 0 : 0.05)
    return (
      plot.xRange ?? Axis.range(of: xs, isLogarithmic: plot.isXLogarithmic, padding: xPadding),
      plot.yRange ?? (isFilled && !plot.isYLogarithmic ? headroom(yRange) : yRange)
    )
  }

  private static func headroom(_ range: ClosedRange<Double>) -> ClosedRange<Double> {
    let margin = range.upperBound * 0.06 - range.lowerBound * 0.06
    return Axis.span(
      range.lowerBound < 0 ? range.lowerBound - margin : 0,
      range.upperBound > 0 ? range.upperBound + margin : 0)
  }

  /// Every second, third … tick if the labels would touch.
  private static func thinned(
    _ ticks: [(value: Double, label: String)], _ axis: Axis, isTurned: Bool
  ) -> [(value: Double, label: String)] {
    guard ticks.count > 1 else { return ticks }
    let widest =
      isTurned ? 15 : ticks.reduce(0.0) { max($0, PlotStyle.width(of: $1.label, size: tickSize)) } + 8
    let room = abs(axis.end - axis.start) / Double(ticks.count)
    let step = max(1, Int(min(widest / max(room, 1e-9), Double(ticks.count)).rounded(.up)))
    return ticks.enumerated().filter { $0.offset % step == 0 }.map(\.element)
  }

  // MARK: Drawing

  func drawGrid(_ svg: inout SVG) {
    guard cells == nil else { return }
    svg.group(["stroke": "currentColor", "stroke-opacity": "0.13"]) { svg in
      for tick in yTicks { svg.line(x.start, y.position(tick.value), x.end, y.position(tick.value)) }
      guard plot.xCategories == nil else { return }
      for tick in xTicks { svg.line(x.position(tick.value), y.start, x.position(tick.value), y.end) }
    }
  }

  func drawAxes(_ svg: inout SVG) {
    if cells == nil, y.range.contains(0) || y.isLogarithmic {
      let base = y.isLogarithmic ? y.start : y.position(0)
      svg.raw("<g\(PlotStyle.paint("stroke", "faint"))>\n")
      svg.line(x.start, base, x.end, base)
      svg.raw("</g>\n")
    }
    svg.raw("<g font-size=\"\(PlotFrame.tickSize)\"\(PlotStyle.paint("fill", "soft"))>\n")
    let bottom = max(y.start, y.end)
    for tick in xTicks {
      let left = x.position(tick.value)
      if isTurned {
        let place = "\(SVG.number(left + 4)) \(SVG.number(bottom + 14))"
        svg.text(
          PlotFrame.cut(tick.label), x: left + 4, y: bottom + 14, anchor: "end",
          attributes: " transform=\"rotate(-38 \(place))\"")
      } else {
        svg.text(PlotFrame.cut(tick.label), x: left, y: bottom + 17)
      }
    }
    for tick in yTicks where y.position(tick.value) >= min(y.start, y.end) - 1 {
      svg.text(tick.label, x: x.start - 7, y: y.position(tick.value) + 4, anchor: "end")
    }
    if let label = plot.xLabel { svg.text(label, x: (x.start + x.end) / 2, y: plot.height - 8) }
    if let label = plot.yLabel {
      let middle = (y.start + y.end) / 2
      svg.text(
        label, x: 12, y: middle, attributes: " transform=\"rotate(-90 12 \(SVG.number(middle)))\"")
    }
    svg.raw("</g>\n")
    if let title = plot.title {
      svg.text(
        title, x: x.start, y: 20, anchor: "start",
        attributes: " font-size=\"14\" font-weight=\"600\"\(PlotStyle.paint("fill", "ink"))")
    }
  }

  private static func cut(_ label: String) -> String { label.count > 24 ? label.prefix(23) + "…" : label }

  static func legendLabels(_ plot: Plot) -> [(index: Int, label: String)] {
    plot.layers.enumerated().compactMap { index, layer in
      switch layer {
      case .line(_, _, let label), .points(_, _, let label), .bars(_, _, _, let label),
        .histogram(_, _, let label):
        label.map { (index, $0) }
      case .cells, .band: nil
      }
    }
  }

  /// The labels row by row, each with the place where its mark begins.
  private static func legendRows(
    _ plot: Plot, from start: Double
  ) -> [[(index: Int, label: String, left: Double)]] {
    var rows: [[(index: Int, label: String, left: Double)]] = []
    var left = start
    for (index, label) in legendLabels(plot) {
      let width = 22 + PlotStyle.width(of: label, size: 12)
      if rows.isEmpty || (left + width > plot.width - 4 && left > start) {
        rows.append([])
        left = start
      }
      rows[rows.count - 1].append((index, label, left))
      left += width + 18
    }
    return rows
  }

  func drawLegend(_ svg: inout SVG) {
    let rows = PlotFrame.legendRows(plot, from: min(x.start, PlotFrame.legendStart))
    guard !rows.isEmpty else { return }
    svg.raw("<g font-size=\"12\"\(PlotStyle.paint("fill", "soft"))>\n")
    for (row, entries) in rows.enumerated() {
      let top = (plot.title == nil ? 14.0 : 38) + 22 * Double(row)
      for (index, label, left) in entries {
        drawMark(of: index, x: left, y: top, on: &svg)
        svg.text(label, x: left + 22, y: top + 4, anchor: "start")
      }
    }
    svg.raw("</g>\n")
  }

  private func drawMark(of layer: Int, x left: Double, y top: Double, on svg: inout SVG) {
    let color = PlotStyle.color(plot.layers, layer)
    if case .line = plot.layers[layer] {
      svg.raw(
        "<path d=\"M\(SVG.number(left)) \(SVG.number(top))h16\" stroke=\"\(color)\" stroke-width=\"2.5\"/>\n"
      )
    } else {
      svg.raw(
        "<rect x=\"\(SVG.number(left + 3))\" y=\"\(SVG.number(top - 5))\" width=\"10\" height=\"10\" rx=\"2\" "
          + "fill=\"\(color)\" style=\"fill:\(color)\"/>\n")
    }
  }
}

extension SVG {
  mutating func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double) {
    raw("<path d=\"M\(SVG.number(x1)) \(SVG.number(y1))L\(SVG.number(x2)) \(SVG.number(y2))\"/>\n")
  }
}
