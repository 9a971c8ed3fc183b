/// How far the data of a plot reach, and whether they are counted in whole numbers.
struct PlotExtent {
  let x: ClosedRange<Double>
  let y: ClosedRange<Double>
  /// Whether fractions on the axis would mean nothing: places in a list, steps, counts.
  let isXWhole: Bool
  let isYWhole: Bool

  init(_ plot: Plot) {
    for layer in plot.layers {
      let size: (rows: Int, columns: Int)
      switch layer {
      case .cells(let rows, _, _, _): size = (rows.count, rows.first?.count ?? 0)
      case .picture(let picture, _, _): size = (picture.height, picture.width)
      default: continue
      }
      x = 0.5...Double(size.columns) + 0.5
      y = 0.5...Double(size.rows) + 0.5
      (isXWhole, isYWhole) = (true, true)
      return
    }
    var gathered = Gathered()
    for layer in plot.layers { gathered.add(layer) }
    let categories = max(plot.xCategories?.count ?? 0, gathered.categories)
    isXWhole = PlotExtent.areWhole(gathered.xs)
    // Of 0 and 1 alone nobody knows whether they are counted or measured.
    isYWhole =
      PlotExtent.areWhole(gathered.ys)
      && (gathered.isCounted || (gathered.ys.max() ?? 0) - (gathered.ys.min() ?? 0) >= 2)
    if gathered.isFilled, !plot.isYLogarithmic { gathered.ys.append(0) }  // bars stand on zero
    if categories > 0 { gathered.xs += [0.5, Double(categories) + 0.5] }
    let isTight = gathered.isFilled || categories > 0 || !gathered.isScattered
    let range = Axis.range(
      of: gathered.ys, isLogarithmic: plot.isYLogarithmic, padding: gathered.isFilled ? 0 : 0.05)
    x =
      plot.xRange
      ?? Axis.range(of: gathered.xs, isLogarithmic: plot.isXLogarithmic, padding: isTight ? 0 : 0.04)
    y = plot.yRange ?? (gathered.isFilled && !plot.isYLogarithmic ? PlotExtent.headroom(range) : range)
  }

  private struct Gathered {
    var xs: [Double] = []
    var ys: [Double] = []
    var isFilled = false
    var isScattered = false
    var isCounted = false
    var categories = 0

    mutating func add(_ layer: Plot.Layer) {
      switch layer {
      case .line(let x, let y, _, _):
        xs += x
        ys += y
      case .points(let x, let y, _):
        xs += x
        ys += y
        isScattered = true
      case .band(let x, let low, let high):
        xs += x
        ys += low + high
      case .bars(let values, let low, let high, _):
        categories = max(categories, values.count)
        ys += values + (low ?? []) + (high ?? [])
        isFilled = true
      case .boxes(let values, _), .violins(let values, _):
        categories = max(categories, values.count)
        for list in values { ys += list }
      case .histogram(let edges, let counts, _):
        xs += edges
        ys += counts
        (isFilled, isCounted) = (true, true)
      case .cells, .picture: break
      }
    }
  }

  private static func areWhole(_ values: [Double]) -> Bool {
    let finite = values.lazy.filter(\.isFinite)
    return finite.first != nil && finite.allSatisfy { $0 == $0.rounded() }
  }

  private static func headroom(_ range: ClosedRange<Double>) -> ClosedRange<Double> {
    let margin = range.upperBound * 0.06 - range.lowerBound * 0.06
    return Axis.span(
      range.lowerBound < 0 ? range.lowerBound - margin : 0,
      range.upperBound > 0 ? range.upperBound + margin : 0)
  }
}
