import Glibc

/// A plot as SVG: what is drawn (`layers`) and what stands around it. Layers share the axes.
public struct Plot {
  public enum Layer {
    /// Points joined by straight lines; a missing value (not a number) leaves a gap.
    case line(x: [Double], y: [Double], label: String? = nil)
    /// The area between two lines: a spread around the line that the next layer draws, whose colour it has.
    case band(x: [Double], low: [Double], high: [Double])
    case points(x: [Double], y: [Double], label: String? = nil)
    /// Bars over the categories `xCategories`, each with its spread if `low` and `high` are given; the bars of
    /// several layers stand side by side.
    case bars([Double], low: [Double]? = nil, high: [Double]? = nil, label: String? = nil)
    /// Bars between `edges` (one more than `counts`) without gaps.
    case histogram(edges: [Double], counts: [Double], label: String? = nil)
    /// Values row by row from the top, in cells of size 1; row and column are counted from 1.
    case cells(
      [[Double]], colors: ColorMap = .viridis, range: ClosedRange<Double>? = nil, showsValues: Bool = false)
  }

  public var layers: [Layer]
  public var title: String?
  public var xLabel: String?
  public var yLabel: String?
  public var xRange: ClosedRange<Double>?
  public var yRange: ClosedRange<Double>?
  public var isXLogarithmic = false
  public var isYLogarithmic = false
  /// Names under the bars or columns, and beside the rows of cells.
  public var xCategories: [String]?
  public var yCategories: [String]?
  /// In CSS pixels.
  public var width = 640.0
  public var height = 360.0

  public init(_ layers: [Layer], title: String? = nil, xLabel: String? = nil, yLabel: String? = nil) {
    self.layers = layers
    self.title = title
    self.xLabel = xLabel
    self.yLabel = yLabel
  }

  /// The plot as an SVG document. Nothing in it comes from outside, and it has no ids, so that many fit one page.
  public func svg() throws -> String {
    try check()
    let frame = PlotFrame(self)
    var body = SVG()
    frame.drawGrid(&body)
    frame.drawLayers(&body)
    frame.drawAxes(&body)
    frame.drawLegend(&body)
    var root = SVG()
    root.element(
      "svg",
      [
        "xmlns": "http://www.w3.org/2000/svg", "width": SVG.number(width), "height": SVG.number(height),
        "viewBox": "0 0 \(SVG.number(width)) \(SVG.number(height))", "role": "img",
        "aria-label": title ?? "plot", "font-family": PlotStyle.font, "font-size": "12",
      ], content: "\n" + body.text)
    return root.text
  }

  private func check() throws {
    guard width >= 80, height >= 60, width <= 10_000, height <= 10_000 else {
      throw ImagingError("a plot is 80 × 60 to 10000 × 10000 pixels large")
    }
    guard !layers.isEmpty else { throw ImagingError("a plot needs at least one layer") }
    guard layers.count <= 1000 else {
      throw ImagingError("a plot has at most 1000 series, got \(layers.count)")
    }
    let values = layers.reduce(0) { $0 + $1.valueCount }
    guard values <= Plot.mostValues else {
      throw ImagingError(
        "a plot draws at most \(Plot.mostValues) values, got \(values); draw a part of them, or a histogram")
    }
    for case (let range?, true) in [(xRange, isXLogarithmic), (yRange, isYLogarithmic)]
    where range.lowerBound <= 0 {
      throw ImagingError("a logarithmic axis needs a range above 0")
    }
    for range in [xRange, yRange].compactMap(\.self) {
      guard range.lowerBound < range.upperBound, range.lowerBound.isFinite, range.upperBound.isFinite else {
        throw ImagingError("the range of an axis needs two different, finite ends")
      }
    }
    for layer in layers {
      switch layer {
      case .line(let x, let y, _), .points(let x, let y, _):
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
      }
    }
  }
}

extension Plot {
  /// The most values that are drawn: each takes its own text in the file.
  static let mostValues = 1_000_000

  /// Counts values in `bins` equal intervals between the smallest and the largest (or over `range`).
  public static func histogram(
    of values: [Double], bins: Int = 30, range: ClosedRange<Double>? = nil, label: String? = nil
  ) throws -> Layer {
    guard (1...10_000).contains(bins) else {
      throw ImagingError("a histogram has 1 to 10000 bins, not \(bins)")
    }
    let range = range ?? Axis.range(of: values, isLogarithmic: false)
    let size = range.upperBound / Double(bins) - range.lowerBound / Double(bins)
    let isWide = !(size * Double(bins)).isFinite
    let edges = (0...bins).map { bin -> Double in
      if bin == bins { return range.upperBound }
      let share = Double(bin) / Double(bins)
      return isWide
        ? range.lowerBound * (1 - share) + range.upperBound * share : range.lowerBound + Double(bin) * size
    }
    guard zip(edges, edges.dropFirst()).allSatisfy({ $0 < $1 }) else {
      throw ImagingError(
        "the range from \(range.lowerBound) to \(range.upperBound) is too narrow for \(bins) bins")
    }
    var counts = [Double](repeating: 0, count: bins)
    for value in values where range.contains(value) {
      let share = Axis.share(of: value, in: range) * Double(bins)
      counts[min(max(Int(share), 0), bins - 1)] += 1
    }
    return .histogram(edges: edges, counts: counts, label: label)
  }
}

extension Plot.Layer {
  /// How many numbers it is drawn of.
  fileprivate var valueCount: Int {
    switch self {
    case .line(let x, _, _), .points(let x, _, _), .band(let x, _, _): x.count
    case .bars(let values, _, _, _): values.count
    case .histogram(_, let counts, _): counts.count
    case .cells(let rows, _, _, _): rows.count * (rows.first?.count ?? 0)
    }
  }
}
