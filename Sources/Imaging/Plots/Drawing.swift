/// A plot, or several on one page: what is drawn in the end.
public enum Drawing {
  case plot(Plot)
  case grid(PlotGrid)

  public var title: String? {
    switch self {
    case .plot(let plot): plot.title
    case .grid(let grid): grid.title
    }
  }

  public func svg() throws -> String {
    switch self {
    case .plot(let plot): try plot.svg()
    case .grid(let grid): try grid.svg()
    }
  }

  /// As text, one plot below the other.
  public func text(columns: Int = 72, rows: Int = 16) throws -> String {
    switch self {
    case .plot(let plot): try TerminalPlot(plot, columns: columns, rows: rows).text()
    case .grid(let grid):
      try (grid.title.map { $0 + "\n" } ?? "")
        + grid.plots.map { try TerminalPlot($0, columns: columns, rows: rows).text() }.joined(separator: "\n")
    }
  }
}

extension Plot {
  /// The plot as pixels, RGBA on nothing.
  ///
  /// - Parameter scale: pixels per CSS pixel of `width` and `height`.
  /// - Throws: `ImagingError` for a picture that would be empty or too large, or where librsvg is not installed.
  public func image(scale: Double = 2) throws -> Image { try Image(drawing: svg(), scale: scale) }
}

extension Image {
  /// An SVG document at a positive scale.
  public init(drawing svg: String, scale: Double) throws {
    guard scale.isFinite, scale > 0 else { throw ImagingError("scale must be positive, got \(scale)") }
    try self.init(svg: svg, scale: scale)
  }
}
