extension Plot {
  public enum Layer {
    /// Points joined by straight lines; a missing value (not a number) leaves a gap. A value that stands alone between gaps is a
    /// point; with `hasMarks` every value is.
    case line(x: [Double], y: [Double], label: String? = nil, hasMarks: Bool = false)
    /// The area between two lines: a spread around the line that the next layer draws, whose colour it has.
    case band(x: [Double], low: [Double], high: [Double])
    case points(x: [Double], y: [Double], label: String? = nil)
    /// Bars over the categories `xCategories`, each with its spread if `low` and `high` are given; the bars of
    /// several layers stand side by side.
    case bars([Double], low: [Double]? = nil, high: [Double]? = nil, label: String? = nil)
    /// One box for the values of each category: quartiles, whiskers to 1.5 box heights, the rest as points.
    case boxes([[Double]], label: String? = nil)
    /// One violin for the values of each category: a density on both sides, and the quartiles.
    case violins([[Double]], label: String? = nil)
    /// Bars between `edges` (one more than `counts`) without gaps.
    case histogram(edges: [Double], counts: [Double], label: String? = nil)
    /// Values row by row from the top, in cells of size 1; row and column are counted from 1.
    case cells(
      [[Double]], colors: ColorMap = .viridis, range: ClosedRange<Double>? = nil, showsValues: Bool = false)
    /// A picture, and the colours that were laid over it.
    case picture(EmbeddedPicture, colors: ColorMap = .turbo, range: ClosedRange<Double>? = nil)
  }
}

extension Plot.Layer {
  /// The name in the legend.
  var label: String? {
    switch self {
    case .line(_, _, let label, _), .points(_, _, let label), .bars(_, _, _, let label), .boxes(_, let label),
      .violins(_, let label), .histogram(_, _, let label):
      label
    case .cells, .band, .picture: nil
    }
  }

  /// Whether it stands over categories, beside the other layers that do.
  var isCategorical: Bool {
    switch self {
    case .bars, .boxes, .violins: true
    case .line, .band, .points, .histogram, .cells, .picture: false
    }
  }

  /// How many numbers it is drawn of.
  var valueCount: Int {
    switch self {
    case .line(let x, _, _, _), .points(let x, _, _), .band(let x, _, _): x.count
    case .bars(let values, _, _, _): values.count
    case .boxes(let values, _), .violins(let values, _): values.reduce(0) { $0 + $1.count }
    case .histogram(_, let counts, _): counts.count
    case .cells(let rows, _, _, _): rows.count * (rows.first?.count ?? 0)
    case .picture: 1
    }
  }

  /// - Throws: for numbers that do not belong together.
  func check() throws {
    switch self {
    case .line(let x, let y, _, _), .points(let x, let y, _):
      guard x.count == y.count else {
        throw ImagingError("x and y need the same number of values, got \(x.count) and \(y.count)")
      }
    case .histogram(let edges, let counts, _):
      guard edges.count == counts.count + 1, zip(edges, edges.dropFirst()).allSatisfy({ $0 < $1 }) else {
        throw ImagingError("a histogram needs rising edges, one more than counts")
      }
    case .cells(let rows, _, _, _):
      guard let count = rows.first?.count, count > 0, rows.allSatisfy({ $0.count == count }) else {
        throw ImagingError("cells need rows of one length")
      }
    case .band(let x, let low, let high):
      guard x.count == low.count, x.count == high.count else {
        throw ImagingError("x, low and high need the same number of values")
      }
    case .bars(let values, let low, let high, _):
      guard (low == nil) == (high == nil), low?.count ?? values.count == values.count,
        high?.count ?? values.count == values.count
      else { throw ImagingError("bars need low and high together, one for each value") }
    case .boxes, .violins, .picture: break
    }
  }
}
