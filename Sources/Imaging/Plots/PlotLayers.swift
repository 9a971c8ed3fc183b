extension PlotFrame {
  /// The data, cut off at the frame by an inner drawing of its own (which needs no ids).
  func drawLayers(_ svg: inout SVG) {
    let (left, top) = (x.start, y.low)
    let (width, height) = (x.length, y.length)
    var inner = SVG()
    for (index, layer) in plot.layers.enumerated() { draw(layer, index, &inner) }
    // A little room, so that lines and points on the frame keep their full width.
    let room = colors == nil ? 4.0 : 0
    let box = [left - room, top - room, width + 2 * room, height + 2 * room].map(SVG.number)
    svg.element(
      "svg",
      [
        "x": box[0], "y": box[1], "width": box[2], "height": box[3], "viewBox": box.joined(separator: " "),
        "overflow": "hidden",
      ], content: "\n" + inner.text)
    if let colors { colors.drawBar(&svg, x: x.end + 16, along: y, ticks: colorTicks) }
  }

  private func draw(_ layer: Plot.Layer, _ index: Int, _ svg: inout SVG) {
    let color = PlotStyle.color(plot.layers, index)
    switch layer {
    case .line(let xs, let ys, _, let hasMarks): draw(line: xs, ys, index, hasMarks: hasMarks, &svg)
    case .points(let xs, let ys, _): draw(points: xs, ys, index, &svg)
    case .band(let xs, let low, let high): draw(band: xs, low, high, color, &svg)
    case .bars(let values, let low, let high, _):
      let spread = zip(low ?? [], high ?? []).map { ($0, $1) }
      draw(bars: values, spread: spread, index, color, &svg)
    case .boxes(let values, _): draw(boxes: values, index, color, &svg)
    case .violins(let values, _): draw(violins: values, index, color, &svg)
    case .histogram(let edges, let counts, _):
      draw(histogram: edges, counts, color, isSeeThrough: plot.layers.count > 1, &svg)
    case .cells(let rows, let colors, _, let showsValues):
      draw(cells: rows, colors, showsValues: showsValues, &svg)
    case .picture(let picture, _, _): draw(picture: picture, &svg)
    }
  }

  /// Where a pair of values lies; `nil` for what is not on the axes.
  func place(_ xValue: Double, _ yValue: Double) -> (x: Double, y: Double)? {
    guard xValue.isFinite, yValue.isFinite, !x.isLogarithmic || xValue > 0, !y.isLogarithmic || yValue > 0
    else {
      return nil
    }
    return (PlotFrame.bounded(x.position(xValue)), PlotFrame.bounded(y.position(yValue)))
  }

  /// Far outside, a position loses nothing by being brought nearer, and the file keeps sane numbers.
  static func bounded(_ value: Double) -> Double { min(max(value, -1e5), 1e5) }

  private func draw(line xs: [Double], _ ys: [Double], _ index: Int, hasMarks: Bool, _ svg: inout SVG) {
    let color = PlotStyle.color(plot.layers, index)
    let places = zip(xs, ys).map { place($0, $1) }
    var path = ""
    var alone: [(x: Double, y: Double)] = []
    for (position, point) in places.enumerated() {
      guard let point else { continue }
      let isJoined = position > 0 && places[position - 1] != nil
      let isContinued = position + 1 < places.count && places[position + 1] != nil
      // Between gaps there is nothing to join it to.
      if hasMarks || !(isJoined || isContinued) { alone.append(point) }
      if isJoined || isContinued {
        path += "\(isJoined ? "L" : "M")\(SVG.number(point.x)) \(SVG.number(point.y))"
      }
    }
    svg.raw(
      "<path d=\"\(path)\" fill=\"none\" stroke=\"\(color)\" stroke-width=\"2\" stroke-linejoin=\"round\" "
        + "stroke-linecap=\"round\"\(PlotStyle.dashes(plot.layers, index))/>\n")
    svg.group(["fill": color]) { svg in
      for point in alone { svg.mark(PlotStyle.mark(plot.layers, index), x: point.x, y: point.y, radius: 3.4) }
    }
  }

  private func draw(points xs: [Double], _ ys: [Double], _ index: Int, _ svg: inout SVG) {
    let radius = xs.count > 2000 ? 1.3 : xs.count > 300 ? 2.2 : 3.4
    let mark = PlotStyle.mark(plot.layers, index)
    svg.group([
      "fill": PlotStyle.color(plot.layers, index), "fill-opacity": xs.count > 300 ? "0.55" : "0.8",
    ]) { svg in
      for (xValue, yValue) in zip(xs, ys) {
        guard let point = place(xValue, yValue) else { continue }
        svg.mark(mark, x: point.x, y: point.y, radius: radius)
      }
    }
  }

  private func draw(band xs: [Double], _ low: [Double], _ high: [Double], _ color: String, _ svg: inout SVG) {
    let upper = zip(xs, high).compactMap { place($0, $1) }
    let lower = zip(xs, low).compactMap { place($0, $1) }.reversed()
    let path = (upper + lower).map { "\(SVG.number($0.x)) \(SVG.number($0.y))" }.joined(separator: "L")
    guard !path.isEmpty else { return }
    svg.raw("<path d=\"M\(path)z\" fill=\"\(color)\" fill-opacity=\"0.18\"/>\n")
  }

  private func draw(
    histogram edges: [Double], _ counts: [Double], _ color: String, isSeeThrough: Bool, _ svg: inout SVG
  ) {
    svg.group(["fill": color, "fill-opacity": isSeeThrough ? "0.55" : "0.9"]) { svg in
      for (bin, count) in counts.enumerated() where count.isFinite && count != 0 {
        let left = x.position(edges[bin])
        bar(left + 0.4, max(0.4, x.position(edges[bin + 1]) - left - 0.8), count, &svg, radius: 0)
      }
    }
  }
}

extension SVG {
  mutating func mark(_ mark: PlotStyle.Mark, x: Double, y: Double, radius: Double) {
    switch mark {
    case .circle:
      raw("<circle cx=\"\(SVG.number(x))\" cy=\"\(SVG.number(y))\" r=\"\(SVG.number(radius))\"/>\n")
    case .square:
      let side = radius * 1.8
      raw(
        "<rect x=\"\(SVG.number(x - side / 2))\" y=\"\(SVG.number(y - side / 2))\" width=\"\(SVG.number(side))\" "
          + "height=\"\(SVG.number(side))\"/>\n")
    case .triangle:
      let (half, rise) = (radius * 1.15, radius * 1.1)
      raw(
        "<path d=\"M\(SVG.number(x - half)) \(SVG.number(y + rise))h\(SVG.number(2 * half))"
          + "l\(SVG.number(-half)) \(SVG.number(-2 * rise))z\"/>\n")
    }
  }
}
