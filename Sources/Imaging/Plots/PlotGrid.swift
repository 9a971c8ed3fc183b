/// Small multiples: plots in rows on one page.
public struct PlotGrid {
  public var plots: [Plot]
  public var columns: Int?
  public var title: String?
  /// Whether all plots have one range of x or y, so that they can be compared.
  public var sharesX = false
  public var sharesY = false
  /// Of the page, in CSS pixels; each plot's own size if `nil`.
  public var width: Double?

  public init(_ plots: [Plot], columns: Int? = nil, title: String? = nil) {
    self.plots = plots
    self.columns = columns
    self.title = title
  }

  private static let gap = 12.0

  public func svg() throws -> String {
    guard !plots.isEmpty else { throw ImagingError("a grid of plots needs at least one plot") }
    guard columns ?? 1 > 0 else { throw ImagingError("a grid needs columns ≥ 1") }
    let columns = min(columns ?? Int(Double(plots.count).squareRoot().rounded(.up)), plots.count)
    let parts = try shared(columns).map { plot in (page: plot, drawing: try plot.drawing()) }
    let widths = (0..<columns).map { column in
      stride(from: column, to: parts.count, by: columns).reduce(0) { max($0, parts[$1].page.width) }
    }
    let page = widths.reduce(0, +) + PlotGrid.gap * Double(columns - 1)
    guard page <= 20_000 else {
      throw ImagingError("a grid of plots is at most 20000 pixels wide, got \(page)")
    }
    let lines = title.map { PlotText.paragraph($0, to: page - 32, size: 15 * PlotText.bold, lines: 3) } ?? []
    var top = lines.isEmpty ? 0 : 16 + 19 * Double(lines.count)
    var svg = SVG()
    if let title {
      svg.text(
        lines: lines, whole: title, x: 16, y: 22, leading: 19, anchor: "start",
        attributes: " font-size=\"15\" font-weight=\"600\"\(PlotStyle.paint("fill", "ink"))")
    }
    for row in stride(from: 0, to: parts.count, by: columns) {
      var left = 0.0
      let cells = parts[row..<min(row + columns, parts.count)]
      for (column, part) in cells.enumerated() {
        svg.element(
          "svg",
          [
            "x": SVG.number(left), "y": SVG.number(top), "width": SVG.number(part.page.width),
            "height": SVG.number(part.drawing.height),
          ], content: "\n" + part.drawing.svg.text)
        left += widths[column] + PlotGrid.gap
      }
      top += cells.reduce(0) { max($0, $1.drawing.height) } + PlotGrid.gap
    }
    return SVG.document(width: page, height: top - PlotGrid.gap, title: title ?? "plots", svg)
  }

  /// The plots with the ranges and the width that they have in common.
  private func shared(_ columns: Int) -> [Plot] {
    func union(_ range: KeyPath<PlotExtent, ClosedRange<Double>>) -> ClosedRange<Double>? {
      let ranges = extents.map { $0[keyPath: range] }
      guard let low = ranges.map(\.lowerBound).min(), let high = ranges.map(\.upperBound).max() else {
        return nil
      }
      return low...high
    }
    let extents = sharesX || sharesY ? plots.map { PlotExtent($0) } : []
    let (x, y) = (sharesX ? union(\.x) : nil, sharesY ? union(\.y) : nil)
    return plots.map { plot in
      var plot = plot
      plot.xRange = plot.xRange ?? x
      plot.yRange = plot.yRange ?? y
      if let width { plot.width = (width - PlotGrid.gap * Double(columns - 1)) / Double(columns) }
      return plot
    }
  }
}
