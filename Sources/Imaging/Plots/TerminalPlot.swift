import Glibc

/// A plot as text: braille dots (2 × 4 in a character) for lines and points, blocks for bars and cells, with its ticks and
/// names. For terminals that show no pictures, where half blocks would leave labels unreadable.
public struct TerminalPlot {
  private let plot: Plot
  private let columns: Int
  private let rows: Int

  /// - Parameters:
  ///   - columns: characters in a line, at least 24.
  ///   - rows: lines of the drawing itself, at least 4; title, axis and legend stand around it.
  public init(_ plot: Plot, columns: Int = 72, rows: Int = 16) throws {
    guard (24...1000).contains(columns), (4...1000).contains(rows) else {
      throw ImagingError(
        "a plot in text has 24 to 1000 columns and 4 to 1000 rows, got \(columns) and \(rows)")
    }
    self.plot = plot
    self.columns = columns
    self.rows = rows
  }

  public func text() -> String {
    var lines: [String] = []
    if let title = plot.title { lines.append(TerminalPlot.shortened(title, columns)) }
    if plot.layers.contains(where: \.isCategorical) {
      lines += categories()
    } else if let cells = plot.layers.lazy.compactMap(Cells.init).first {
      lines += cells.lines(rowNames: plot.yCategories, columnNames: plot.xCategories, columns: columns)
    } else if !plot.isPicture {
      lines += curves()
    }
    return lines.map(withoutTrailingBlanks).joined(separator: "\n") + "\n"
  }

  // MARK: Lines, points, histograms

  private func curves() -> [String] {
    let extent = PlotExtent(plot)
    let y = Axis(
      range: extent.y, isLogarithmic: plot.isYLogarithmic, isWhole: extent.isYWhole,
      start: Double(4 * rows - 1), end: 0)
    let yTicks = y.ticks(about: max(2, rows / 4))
    let gutter = min(yTicks.reduce(0) { max($0, $1.label.count) }, columns / 3)
    let width = columns - gutter - 2
    let x = Axis(
      range: extent.x, isLogarithmic: plot.isXLogarithmic, isWhole: extent.isXWhole, start: 0,
      end: Double(2 * width - 1))
    var canvas = BrailleCanvas(columns: width, rows: rows)
    for layer in plot.layers { draw(layer, x, y, on: &canvas) }
    var names = [Int: String]()
    for tick in yTicks { names[Int(y.position(tick.value)) / 4] = tick.label }
    var lines = (0..<rows).map { row in
      let name = names[row].map { TerminalPlot.shortened($0, gutter) } ?? ""
      return padded(name, gutter) + (names[row] == nil ? " │" : " ┤") + canvas.line(row)
    }
    lines.append(String(repeating: " ", count: gutter) + " └" + String(repeating: "─", count: width))
    lines.append(String(repeating: " ", count: gutter + 2) + ruler(x, width))
    if plot.xLabel != nil || plot.yLabel != nil {
      let label = [plot.xLabel.map { "→ \($0)" }, plot.yLabel.map { "↑ \($0)" }].compactMap(\.self).joined(
        separator: "   ")
      lines.append(String(repeating: " ", count: gutter + 2) + TerminalPlot.shortened(label, width))
    }
    let legend = plot.layers.compactMap(\.label)
    if !legend.isEmpty {
      lines.append(TerminalPlot.shortened("of " + legend.joined(separator: ", "), columns))
    }
    return lines
  }

  private func draw(_ layer: Plot.Layer, _ x: Axis, _ y: Axis, on canvas: inout BrailleCanvas) {
    func place(_ xValue: Double, _ yValue: Double) -> (Int, Int)? {
      guard xValue.isFinite, yValue.isFinite, !x.isLogarithmic || xValue > 0, !y.isLogarithmic || yValue > 0
      else { return nil }
      let (px, py) = (x.position(xValue), y.position(yValue))
      guard px >= -0.5, py >= -0.5, px < x.end + 0.5, py < y.start + 0.5 else { return nil }
      return (Int(px.rounded()), Int(py.rounded()))
    }
    switch layer {
    case .line(let xs, let ys, _, _):
      var last: (Int, Int)?
      for (xValue, yValue) in zip(xs, ys) {
        let point = place(xValue, yValue)
        if let point { canvas.line(from: last ?? point, to: point) }
        last = point
      }
    case .points(let xs, let ys, _):
      for case let point? in zip(xs, ys).map({ place($0, $1) }) { canvas.line(from: point, to: point) }
    case .histogram(let edges, let counts, _):
      for (bin, count) in counts.enumerated() where count != 0 {
        guard let from = place(edges[bin], y.isLogarithmic ? y.range.lowerBound : max(0, y.range.lowerBound)),
          let to = place(edges[bin + 1], count)
        else { continue }
        for column in from.0..<max(to.0, from.0 + 1) {
          canvas.line(from: (column, from.1), to: (column, to.1))
        }
      }
    case .band, .bars, .boxes, .violins, .cells, .picture: break
    }
  }

  /// The numbers under a horizontal axis, as many as fit.
  private func ruler(_ axis: Axis, _ width: Int) -> String {
    var line = [Character](repeating: " ", count: width)
    var free = 0
    for tick in axis.ticks(about: max(2, width / 12)) {
      let middle = Int(axis.position(tick.value)) / 2
      let start = min(max(middle - tick.label.count / 2, 0), width - tick.label.count)
      guard start >= free, start >= 0 else { continue }
      for (offset, character) in tick.label.enumerated() { line[start + offset] = character }
      free = start + tick.label.count + 1
    }
    return String(line)
  }

  // MARK: Bars, boxes, violins

  private func categories() -> [String] {
    let extent = PlotExtent(plot)
    let count = plot.layers.reduce(0) { most, layer in
      switch layer {
      case .bars(let values, _, _, _): max(most, values.count)
      case .boxes(let values, _), .violins(let values, _): max(most, values.count)
      default: most
      }
    }
    let names = (0..<count).map {
      plot.xCategories.flatMap { [count] in $0.count == count ? $0 : nil }?[$0] ?? "\($0 + 1)"
    }
    let gutter = min(names.reduce(0) { max($0, $1.count) }, columns / 3)
    let width = columns - gutter - 2 - 10
    let axis = Axis(range: extent.y, isLogarithmic: plot.isYLogarithmic, start: 0, end: Double(width))
    var lines: [String] = []
    for (category, name) in names.enumerated() {
      for (index, layer) in plot.layers.filter(\.isCategorical).enumerated() {
        let shown = index == 0 ? TerminalPlot.shortened(name, gutter) : ""
        lines.append(padded(shown, gutter) + " │" + row(of: layer, category, axis, width))
      }
    }
    let legend = plot.layers.compactMap(\.label)
    if !legend.isEmpty {
      lines.append(TerminalPlot.shortened("of " + legend.joined(separator: ", "), columns))
    }
    return lines
  }

  private func row(of layer: Plot.Layer, _ category: Int, _ axis: Axis, _ width: Int) -> String {
    func column(_ value: Double) -> Int {
      Int(min(max(axis.position(value).rounded(), 0), Double(width - 1)))
    }
    switch layer {
    case .bars(let values, _, _, _):
      guard category < values.count, values[category].isFinite, !axis.isLogarithmic || values[category] > 0
      else { return "" }
      let zero = axis.isLogarithmic ? 0 : min(max(axis.position(0), 0), Double(width))
      let end = min(max(axis.position(values[category]), 0), Double(width))
      let start = Int(min(zero, end).rounded())
      return String(repeating: " ", count: start) + TerminalPlot.bar(abs(end - zero)) + " "
        + Axis.short(values[category])
    case .boxes(let values, _), .violins(let values, _):
      guard category < values.count, let box = Distribution(values[category])?.box else { return "" }
      var line = [Character](repeating: " ", count: width)
      for place in column(box.low)...max(column(box.low), column(box.high)) { line[place] = "─" }
      for place in column(box.quarter)...max(column(box.quarter), column(box.threeQuarters)) {
        line[place] = "▒"
      }
      for value in box.outliers { line[column(value)] = "·" }
      line[column(box.median)] = "┃"
      return String(line) + " " + Axis.short(box.median)
    default: return ""
    }
  }

  /// Full blocks and an eighth at the end.
  private static func bar(_ length: Double) -> String {
    let eighths = Int((length * 8).rounded())
    let rest = Array("▏▎▍▌▋▊▉")
    return String(repeating: "█", count: eighths / 8)
      + (eighths % 8 == 0 ? "" : String(rest[eighths % 8 - 1]))
  }

  // MARK: Text

  private static func shortened(_ text: String, _ width: Int) -> String {
    PlotText.shortened(text) { $0.count <= width }
  }

  private func padded(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }

  private func withoutTrailingBlanks(_ line: String) -> String {
    var line = Substring(line)
    while line.last == " " { line.removeLast() }
    return String(line)
  }
}

extension TerminalPlot {
  /// A matrix as shades.
  private struct Cells {
    let values: [[Double]]
    let scale: ColorScale

    init?(_ layer: Plot.Layer) {
      guard case .cells(let values, _, _, _) = layer, let scale = ColorScale([layer]) else { return nil }
      (self.values, self.scale) = (values, scale)
    }

    func lines(rowNames: [String]?, columnNames: [String]?, columns: Int) -> [String] {
      let names = values.indices.map { rowNames?[$0] ?? "\($0 + 1)" }
      let gutter = min(names.reduce(0) { max($0, $1.count) }, columns / 3)
      let count = values.first?.count ?? 0
      // Wide matrices are thinned, narrow ones widened: each cell is told by the darkest shade that fits a character.
      let cell = max(1, min(4, (columns - gutter - 2) / max(count, 1)))
      let step = max(1, (count * cell + columns - gutter - 3) / max(columns - gutter - 2, 1))
      let shades = Array(" ░▒▓█")
      var lines = values.indices.map { row -> String in
        let name = TerminalPlot.shortened(names[row], gutter)
        let cells = stride(from: 0, to: count, by: step).map { column -> String in
          let shade = scale.shade(values[row][column]).map { shades[min($0 * shades.count / 256, 4)] } ?? "·"
          return String(repeating: shade, count: cell)
        }
        return String(repeating: " ", count: gutter - name.count) + name + " │" + cells.joined()
      }
      lines.append("░ \(Axis.short(scale.range.lowerBound)) … █ \(Axis.short(scale.range.upperBound))")
      if let columnNames {
        lines.append(TerminalPlot.shortened("columns: " + columnNames.joined(separator: ", "), columns))
      }
      return lines
    }
  }
}

/// Dots in characters, 2 × 4 each.
struct BrailleCanvas {
  private let columns: Int
  private let rows: Int
  private var dots: [UInt8]

  init(columns: Int, rows: Int) {
    (self.columns, self.rows) = (columns, rows)
    dots = [UInt8](repeating: 0, count: columns * rows)
  }

  mutating func set(_ x: Int, _ y: Int) {
    guard x >= 0, y >= 0, x < 2 * columns, y < 4 * rows else { return }
    let bits: [[UInt8]] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]]
    dots[y / 4 * columns + x / 2] |= bits[y % 4][x % 2]
  }

  mutating func line(from start: (Int, Int), to end: (Int, Int)) {
    let steps = max(abs(end.0 - start.0), abs(end.1 - start.1), 1)
    for step in 0...steps {
      let share = Double(step) / Double(steps)
      set(
        start.0 + Int((Double(end.0 - start.0) * share).rounded()),
        start.1 + Int((Double(end.1 - start.1) * share).rounded()))
    }
  }

  func line(_ row: Int) -> String {
    String(
      dots[row * columns..<(row + 1) * columns].map { bits in
        bits == 0 ? " " : Character(Unicode.Scalar(0x2800 + UInt32(bits)) ?? " ")
      })
  }
}
