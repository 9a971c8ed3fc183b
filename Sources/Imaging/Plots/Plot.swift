/// A plot as SVG: what is drawn (`layers`) and what stands around it. Layers share the axes.
public struct Plot {
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
  /// Whether categories stand one below the other, and their values go to the right. What is said of x and y stays with
  /// the data and turns with them.
  public var isHorizontal = false
  /// How long a unit of y is beside one of x; as the page has room if `nil`.
  public var aspect: Double?
  /// What the colours of cells or of a picture mean.
  public var colorLabel: String?
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
    let drawing = try drawing()
    return SVG.document(width: width, height: drawing.height, title: title ?? "plot", drawing.svg)
  }

  /// What stands in the document, and how high it came to be.
  func drawing() throws -> (svg: SVG, height: Double) {
    try check()
    let frame = PlotFrame(self)
    var body = SVG()
    frame.drawGrid(&body)
    frame.drawLayers(&body)
    frame.drawAxes(&body)
    frame.drawTitle(&body)
    frame.drawLegend(&body)
    return (body, frame.height)
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
    if let aspect {
      guard aspect.isFinite, aspect > 0 else {
        throw ImagingError("the aspect must be positive, got \(aspect)")
      }
      guard !isXLogarithmic, !isYLogarithmic else {
        throw ImagingError("a logarithmic axis has no unit, so that there is no aspect")
      }
    }
    if isHorizontal, !layers.allSatisfy(\.isCategorical) {
      throw ImagingError("only bars, boxes and violins can be horizontal")
    }
    for layer in layers { try layer.check() }
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
