/// Bars, boxes and violins: categories along one axis, values along the other.
extension PlotFrame {
  private var categories: Axis { plot.isHorizontal ? y : x }
  private var values: Axis { plot.isHorizontal ? x : y }

  /// The part of a category's room that a layer has, beside the others: from the middle of the category, in pixels.
  private func slot(of layer: Int) -> (start: Double, width: Double) {
    let layers = plot.layers.indices.filter { plot.layers[$0].isCategorical }
    let room = abs(categories.position(2) - categories.position(1))
    let width = room * 0.72 / Double(max(layers.count, 1))
    return (Double(layers.firstIndex(of: layer) ?? 0) * width - room * 0.36, width)
  }

  private func position(_ value: Double) -> Double? {
    guard value.isFinite, !values.isLogarithmic || value > 0 else { return nil }
    return PlotFrame.bounded(values.position(value))
  }

  // MARK: Bars

  func draw(
    bars heights: [Double], spread: [(low: Double, high: Double)], _ layer: Int, _ color: String,
    _ svg: inout SVG
  ) {
    let (start, width) = slot(of: layer)
    for (category, value) in heights.enumerated() where value.isFinite {
      let left = categories.position(Double(category + 1)) + start
      svg.group(["fill": color]) { svg in
        bar(left + width * 0.03, width * 0.94, value, &svg, radius: min(2, width / 4))
      }
      guard spread.indices.contains(category), let low = position(spread[category].low),
        let high = position(spread[category].high)
      else { continue }
      let middle = left + width / 2
      svg.raw("<g\(PlotStyle.paint("stroke", "ink"))>\n")
      line(middle, low, middle, high, &svg)
      for end in [low, high] { line(middle - 4, end, middle + 4, end, &svg) }
      svg.raw("</g>\n")
    }
  }

  /// A bar from zero to `value`, `start` and `width` along the categories in pixels.
  func bar(_ start: Double, _ width: Double, _ value: Double, _ svg: inout SVG, radius: Double) {
    guard !values.isLogarithmic || value > 0 else { return }
    let zero = values.isLogarithmic ? values.start : values.position(0)
    rectangle(start, width, zero, PlotFrame.bounded(values.position(value)), &svg, radius: radius)
  }

  // MARK: Boxes and violins

  func draw(boxes lists: [[Double]], _ layer: Int, _ color: String, _ svg: inout SVG) {
    let (start, room) = slot(of: layer)
    let width = min(room * 0.8, 60)
    for (category, list) in lists.enumerated() {
      guard let box = Distribution(list)?.box, let quarter = position(box.quarter),
        let threeQuarters = position(box.threeQuarters), let median = position(box.median)
      else { continue }
      let middle = categories.position(Double(category + 1)) + start + room / 2
      svg.group(["fill": color, "fill-opacity": "0.35", "stroke": color, "stroke-width": "1.5"]) { svg in
        rectangle(middle - width / 2, width, quarter, threeQuarters, &svg, radius: min(2, width / 4))
        for (end, edge) in [(box.low, quarter), (box.high, threeQuarters)] {
          guard let end = position(end) else { continue }
          line(middle, edge, middle, end, &svg)
          line(middle - width / 5, end, middle + width / 5, end, &svg)
        }
      }
      svg.group(["stroke": color, "stroke-width": "2.5"]) { svg in
        line(middle - width / 2, median, middle + width / 2, median, &svg)
      }
      svg.group(["fill": color, "fill-opacity": "0.8"]) { svg in
        for value in box.outliers.compactMap(position) { dot(middle, value, radius: 2.4, &svg) }
      }
    }
  }

  func draw(violins lists: [[Double]], _ layer: Int, _ color: String, _ svg: inout SVG) {
    let (start, room) = slot(of: layer)
    let densities = lists.map { Distribution($0)?.density(at: 64) ?? [] }
    // One scale for all, so that areas can be compared.
    let most = densities.joined().reduce(0.0) { max($0, $1.density) }
    for (category, list) in lists.enumerated() {
      guard let distribution = Distribution(list) else { continue }
      let middle = categories.position(Double(category + 1)) + start + room / 2
      let outline = densities[category].compactMap { point in
        position(point.value).map { (place: $0, half: point.density / most * room * 0.45) }
      }
      if outline.count > 1 {
        let points =
          outline.map { page(middle + $0.half, $0.place) }
          + outline.reversed().map { page(middle - $0.half, $0.place) }
        let path = points.map { "\(SVG.number($0.x)) \(SVG.number($0.y))" }.joined(separator: "L")
        svg.raw(
          "<path d=\"M\(path)z\" fill=\"\(color)\" fill-opacity=\"0.35\" stroke=\"\(color)\" stroke-width=\"1.5\"/>\n"
        )
      }
      let box = distribution.box
      guard let low = position(box.quarter), let high = position(box.threeQuarters),
        let median = position(box.median)
      else { continue }
      svg.group(["stroke": color, "stroke-width": "4", "stroke-linecap": "round"]) {
        line(middle, low, middle, high, &$0)
      }
      svg.group(["fill": color, "stroke": color]) { dot(middle, median, radius: 3.4, &$0) }
    }
  }

  // MARK: Turning

  /// Where a place along the categories and one along the values are on the page.
  private func page(_ category: Double, _ value: Double) -> (x: Double, y: Double) {
    plot.isHorizontal ? (value, category) : (category, value)
  }

  private func line(_ c1: Double, _ v1: Double, _ c2: Double, _ v2: Double, _ svg: inout SVG) {
    let (from, to) = (page(c1, v1), page(c2, v2))
    svg.line(from.x, from.y, to.x, to.y)
  }

  private func dot(_ category: Double, _ value: Double, radius: Double, _ svg: inout SVG) {
    let place = page(category, value)
    svg.mark(.circle, x: place.x, y: place.y, radius: radius)
  }

  private func rectangle(
    _ start: Double, _ width: Double, _ from: Double, _ to: Double, _ svg: inout SVG, radius: Double
  ) {
    let corner = page(start, min(from, to))
    let size = page(width, abs(from - to))
    let numbers = [corner.x, corner.y, size.x, size.y].map(SVG.number)
    svg.raw(
      "<rect x=\"\(numbers[0])\" y=\"\(numbers[1])\" width=\"\(numbers[2])\" height=\"\(numbers[3])\""
        + (radius > 0.2 ? " rx=\"\(SVG.number(radius))\"" : "") + "/>\n")
  }
}
