import Glibc

extension PlotFrame {
  /// The data, cut off at the frame by an inner drawing of its own (which needs no ids).
  func drawLayers(_ svg: inout SVG) {
    let (left, top) = (x.start, min(y.start, y.end))
    let (width, height) = (x.end - x.start, abs(y.end - y.start))
    var inner = SVG()
    let barLayers = plot.layers.enumerated().filter { if case .bars = $0.element { true } else { false } }
      .map(\.offset)
    for (index, layer) in plot.layers.enumerated() {
      let color = PlotStyle.color(plot.layers, index)
      switch layer {
      case .line(let xs, let ys, _): draw(line: xs, ys, color, &inner)
      case .points(let xs, let ys, _): draw(points: xs, ys, color, &inner)
      case .band(let xs, let low, let high): draw(band: xs, low, high, color, &inner)
      case .bars(let values, let low, let high, _):
        let place = barLayers.firstIndex(of: index) ?? 0
        let spread = zip(low ?? [], high ?? []).map { ($0, $1) }
        draw(bars: values, spread: spread, place: place, of: barLayers.count, color, &inner)
      case .histogram(let edges, let counts, _):
        let others = plot.layers.count > 1
        draw(histogram: edges, counts, color, isSeeThrough: others, &inner)
      case .cells(let rows, let colors, _, let showsValues):
        draw(cells: rows, colors, showsValues: showsValues, &inner)
      }
    }
    // A little room, so that lines and points on the frame keep their full width.
    let room = cells == nil ? 4.0 : 0
    let box = [left - room, top - room, width + 2 * room, height + 2 * room].map(SVG.number)
    svg.element(
      "svg",
      [
        "x": box[0], "y": box[1], "width": box[2], "height": box[3], "viewBox": box.joined(separator: " "),
        "overflow": "hidden",
      ], content: "\n" + inner.text)
    if let cells { cells.drawBar(&svg, x: x.end + 16, top: top, height: height) }
  }

  private func place(_ xValue: Double, _ yValue: Double) -> (x: Double, y: Double)? {
    guard xValue.isFinite, yValue.isFinite, !x.isLogarithmic || xValue > 0, !y.isLogarithmic || yValue > 0
    else {
      return nil
    }
    // Far outside, a position loses nothing by being brought nearer, and the file keeps sane numbers.
    func bounded(_ value: Double) -> Double { min(max(value, -1e5), 1e5) }
    return (bounded(x.position(xValue)), bounded(y.position(yValue)))
  }

  private func draw(line xs: [Double], _ ys: [Double], _ color: String, _ svg: inout SVG) {
    var path = ""
    var isOpen = false
    for (xValue, yValue) in zip(xs, ys) {
      guard let (px, py) = place(xValue, yValue) else {
        isOpen = false
        continue
      }
      path += "\(isOpen ? "L" : "M")\(SVG.number(px)) \(SVG.number(py))"
      isOpen = true
    }
    // Round caps show a value that stands alone between gaps, and a line of one value.
    path = path.isEmpty ? path : path + (path.contains("L") ? "" : "h0")
    svg.raw(
      "<path d=\"\(path)\" fill=\"none\" stroke=\"\(color)\" stroke-width=\"2\" stroke-linejoin=\"round\" "
        + "stroke-linecap=\"round\"/>\n")
  }

  private func draw(points xs: [Double], _ ys: [Double], _ color: String, _ svg: inout SVG) {
    let radius = xs.count > 2000 ? 1.3 : xs.count > 300 ? 2.2 : 3.4
    svg.group(["fill": color, "fill-opacity": xs.count > 300 ? "0.55" : "0.8"]) { svg in
      for (xValue, yValue) in zip(xs, ys) {
        guard let (px, py) = place(xValue, yValue) else { continue }
        svg.raw("<circle cx=\"\(SVG.number(px))\" cy=\"\(SVG.number(py))\" r=\"\(SVG.number(radius))\"/>\n")
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
    bars values: [Double], spread: [(low: Double, high: Double)], place index: Int, of count: Int,
    _ color: String,
    _ svg: inout SVG
  ) {
    let slot = x.position(2) - x.position(1)
    let width = slot * 0.72 / Double(max(count, 1))
    for (category, value) in values.enumerated() where value.isFinite {
      let left = x.position(Double(category + 1)) - slot * 0.36 + Double(index) * width
      svg.group(["fill": color]) { svg in
        bar(left + width * 0.03, width * 0.94, value, &svg, radius: min(2, width / 4))
      }
      guard spread.indices.contains(category), let low = place(1, spread[category].low)?.y,
        let high = place(1, spread[category].high)?.y
      else { continue }
      let middle = left + width / 2
      svg.raw("<g\(PlotStyle.paint("stroke", "ink"))>\n")
      svg.line(middle, low, middle, high)
      for end in [low, high] { svg.line(middle - 4, end, middle + 4, end) }
      svg.raw("</g>\n")
    }
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

  private func bar(_ left: Double, _ width: Double, _ value: Double, _ svg: inout SVG, radius: Double) {
    guard !y.isLogarithmic || value > 0 else { return }
    let zero = y.isLogarithmic ? y.start : y.position(0)
    let end = min(max(y.position(value), -1e5), 1e5)
    let attributes = [left, min(zero, end), width, abs(zero - end)].map(SVG.number)
    svg.raw(
      "<rect x=\"\(attributes[0])\" y=\"\(attributes[1])\" width=\"\(attributes[2])\" height=\"\(attributes[3])\""
        + (radius > 0.2 ? " rx=\"\(SVG.number(radius))\"" : "") + "/>\n")
  }

  /// Cells of one colour are one path, and neighbours in a row one rectangle: a small file for a large map.
  private func draw(cells rows: [[Double]], _ colors: ColorMap, showsValues: Bool, _ svg: inout SVG) {
    guard let scale = cells else { return }
    var paths: [Int: String] = [:]
    for (row, values) in rows.enumerated() {
      var column = 0
      while column < values.count {
        let start = column
        let shade = scale.shade(values[column])
        while column < values.count, scale.shade(values[column]) == shade { column += 1 }
        guard let shade else { continue }
        paths[shade, default: ""] += "M\(start) \(row)h\(column - start)v1h\(start - column)z"
      }
    }
    let sx = (x.end - x.start) / Double(scale.columns)
    let sy = (y.end - y.start) / Double(scale.rows)
    let matrix = [sx, 0, 0, sy, x.start, y.start].map { "\(($0 * 10000).rounded() / 10000)" }.joined(
      separator: " ")
    svg.group(["transform": "matrix(\(matrix))", "shape-rendering": "crispEdges"]) { svg in
      for (shade, path) in paths.sorted(by: { $0.key < $1.key }) {
        svg.raw("<path fill=\"\(CellsScale.hex(colors(Float(shade) / 255)))\" d=\"\(path)\"/>\n")
      }
    }
    guard showsValues else { return }
    svg.group(["font-size": SVG.number(min(12, max(6, min(sx / 4, sy / 2))))]) { svg in
      for (row, values) in rows.enumerated() {
        for (column, value) in values.enumerated() {
          guard let shade = scale.shade(value) else { continue }
          let color = colors(Float(shade) / 255)
          let isLight = 0.299 * color.x + 0.587 * color.y + 0.114 * color.z > 0.55
          svg.text(
            Axis.short(value), x: x.position(Double(column + 1)), y: y.position(Double(row + 1)) + 4,
            attributes: " fill=\"\(isLight ? "#1b1d22" : "#ffffff")\"")
        }
      }
    }
  }
}

/// How the values of cells become colours.
struct CellsScale {
  let rows: Int
  let columns: Int
  let range: ClosedRange<Double>
  let colors: ColorMap

  init?(_ layers: [Plot.Layer]) {
    for case .cells(let values, let colors, let range, _) in layers {
      rows = values.count
      columns = values.first?.count ?? 0
      self.colors = colors
      self.range = range ?? Axis.range(of: values.joined(), isLogarithmic: false)
      return
    }
    return nil
  }

  /// One of 256 colours; `nil` for what is not a number, which stays empty.
  func shade(_ value: Double) -> Int? {
    guard value.isFinite, range.upperBound > range.lowerBound else { return nil }
    let part = Axis.share(of: value, in: range)
    guard !part.isNaN else { return nil }
    return Int((min(max(part, 0), 1) * 255).rounded())
  }

  /// The colours from low to high with their values.
  func drawBar(_ svg: inout SVG, x: Double, top: Double, height: Double) {
    let steps = 64
    svg.group(["shape-rendering": "crispEdges"]) { svg in
      for step in 0..<steps {
        let y = top + height * Double(steps - 1 - step) / Double(steps)
        let attributes = [x, y, 12, height / Double(steps) + 0.3].map(SVG.number)
        svg.raw(
          "<rect x=\"\(attributes[0])\" y=\"\(attributes[1])\" width=\"\(attributes[2])\" height=\"\(attributes[3])\" "
            + "fill=\"\(CellsScale.hex(colors(Float(step) / Float(steps - 1))))\"/>\n")
      }
    }
    let axis = Axis(range: range, isLogarithmic: false, start: top + height, end: top)
    svg.raw("<g font-size=\"\(PlotFrame.tickSize)\"\(PlotStyle.paint("fill", "soft"))>\n")
    for tick in axis.ticks(about: max(2, Int(height / 52))) {
      svg.text(tick.label, x: x + 18, y: axis.position(tick.value) + 4, anchor: "start")
    }
    svg.raw("</g>\n")
  }

  static func hex(_ color: SIMD3<Float>) -> String {
    let digits = Array("0123456789abcdef")
    return (0..<3).reduce(into: "#") { text, channel in
      let value = Int((min(max(color[channel], 0), 1) * 255).rounded())
      text.append(digits[value / 16])
      text.append(digits[value % 16])
    }
  }
}

extension Axis {
  /// Two or three digits, as fit a cell.
  static func short(_ value: Double) -> String {
    let size = abs(value)
    if size >= 1e5 || (size < 1e-3 && size > 0) { return scientific(value) }
    return fixed(value, size >= 100 || value == value.rounded() ? 0 : size >= 10 ? 1 : 2)
  }
}
