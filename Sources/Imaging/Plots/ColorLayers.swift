extension PlotFrame {
  /// Cells of one colour are one path, and neighbours in a row one rectangle: a small file for a large map.
  func draw(cells rows: [[Double]], _ map: ColorMap, showsValues: Bool, _ svg: inout SVG) {
    guard let scale = colors, let columns = rows.first?.count else { return }
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
    let sx = x.length / Double(columns)
    let sy = y.length / Double(rows.count)
    let matrix = [sx, 0, 0, sy, x.start, y.start].map { "\(($0 * 10000).rounded() / 10000)" }.joined(
      separator: " ")
    svg.group(["transform": "matrix(\(matrix))", "shape-rendering": "crispEdges"]) { svg in
      for (shade, path) in paths.sorted(by: { $0.key < $1.key }) {
        svg.raw("<path fill=\"\(ColorScale.hex(map(Float(shade) / 255)))\" d=\"\(path)\"/>\n")
      }
    }
    guard showsValues else { return }
    let largest = rows.joined().reduce(0) { $1.isFinite ? max($0, abs($1)) : $0 }
    svg.group(["font-size": SVG.number(min(12, max(6, min(sx / 4, sy / 2))))]) { svg in
      for (row, values) in rows.enumerated() {
        for (column, value) in values.enumerated() {
          guard let shade = scale.shade(value) else { continue }
          let color = map(Float(shade) / 255)
          let isLight = 0.299 * color.x + 0.587 * color.y + 0.114 * color.z > 0.55
          svg.text(
            Axis.short(value, beside: largest), x: x.position(Double(column + 1)),
            y: y.position(Double(row + 1)) + 4,
            attributes: " fill=\"\(isLight ? "#1b1d22" : "#ffffff")\"")
        }
      }
    }
  }

  /// A picture over the whole frame.
  func draw(picture: EmbeddedPicture, _ svg: inout SVG) {
    svg.picture(picture, x: x.start, y: y.start, width: x.length, height: y.length)
  }
}

/// How numbers become colours.
struct ColorScale {
  let range: ClosedRange<Double>
  let colors: ColorMap

  /// Of the first layer that has one.
  init?(_ layers: [Plot.Layer]) {
    for layer in layers {
      switch layer {
      case .cells(let values, let colors, let range, _):
        self.colors = colors
        self.range = range ?? Axis.range(of: values.joined(), isLogarithmic: false)
        return
      case .picture(_, let colors, let range?):
        (self.colors, self.range) = (colors, range)
        return
      default: continue
      }
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

  /// The numbers beside the bar, low at the bottom.
  func axis(from top: Double, to bottom: Double) -> Axis {
    Axis(range: range, isLogarithmic: false, start: bottom, end: top)
  }

  /// The colours from low to high with their values.
  func drawBar(_ svg: inout SVG, x: Double, along y: Axis, ticks: [PlotFrame.Tick]) {
    let (top, height) = (y.low, y.length)
    let steps = 64
    svg.group(["shape-rendering": "crispEdges"]) { svg in
      for step in 0..<steps {
        let y = top + height * Double(steps - 1 - step) / Double(steps)
        let attributes = [x, y, 12, height / Double(steps) + 0.3].map(SVG.number)
        svg.raw(
          "<rect x=\"\(attributes[0])\" y=\"\(attributes[1])\" width=\"\(attributes[2])\" height=\"\(attributes[3])\" "
            + "fill=\"\(ColorScale.hex(colors(Float(step) / Float(steps - 1))))\"/>\n")
      }
    }
    let axis = axis(from: y.low, to: y.high)
    svg.raw("<g font-size=\"\(PlotFrame.tickSize)\"\(PlotStyle.paint("fill", "soft"))>\n")
    for tick in ticks {
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
  /// Two or three digits, as fit a cell; what is nothing beside the largest of them is 0.00.
  static func short(_ value: Double, beside largest: Double = 0) -> String {
    let size = abs(value)
    if size >= 1e5 || (size < 1e-3 && size > 0 && largest < 0.1) { return scientific(value) }
    return fixed(value, size >= 100 || value == value.rounded() ? 0 : size >= 10 ? 1 : 2)
  }
}
