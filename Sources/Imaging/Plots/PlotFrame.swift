import Glibc

/// Where things stand in a plot: page, axes, ticks and names.
struct PlotFrame {
  /// A place on an axis with its name, in lines that fit.
  struct Tick {
    let value: Double
    let label: String
    var lines: [String]

    init(_ value: Double, _ label: String) {
      (self.value, self.label, lines) = (value, label, [label])
    }
  }

  /// As it is drawn: a horizontal one with x and y exchanged.
  let plot: Plot
  let title: [String]
  let x: Axis
  let y: Axis
  let xTicks: [Tick]
  let yTicks: [Tick]
  /// Whether the names under the plot are turned, as they are too long to stand beside each other.
  let isTurned: Bool
  /// The colours that stand for numbers.
  let colors: ColorScale?
  let colorTicks: [Tick]
  /// In CSS pixels; lower than the plot asks for where its aspect leaves room below.
  let height: Double

  static let tickSize = 11.5
  static let titleSize = 14.0
  static let leading = 14.0
  /// Where a legend begins at most: before the axes are known, so that its rows can be counted.
  static let legendStart = 80.0
  /// The angle of turned names.
  private static let turn = 38 * Double.pi / 180

  init(_ given: Plot) {
    let extent = PlotExtent(given)
    plot = given.isHorizontal ? given.turned : given
    let (xRange, yRange) = given.isHorizontal ? (extent.y, extent.x) : (extent.x, extent.y)
    let (isXWhole, isYWhole) =
      given.isHorizontal ? (extent.isYWhole, extent.isXWhole) : (extent.isXWhole, extent.isYWhole)
    colors = ColorScale(plot.layers)
    title =
      plot.title.map {
        PlotText.paragraph($0, to: given.width - 32, size: PlotFrame.titleSize * PlotText.bold, lines: 3)
      } ?? []

    let names = PlotFrame.names(under: plot)
    isTurned = names?.isTurned ?? false
    let top =
      (title.isEmpty ? 14.0 : 38 + 18 * Double(title.count - 1)) + 22
      * Double(PlotFrame.legendRows(plot).count)
    let hasXTicks = !plot.isPicture
    var below = (hasXTicks ? 26 : 12) + (names?.height ?? 0) + (plot.xLabel == nil ? 0 : 20)
    below = min(below, plot.height - top - 20)

    var vertical = Axis(
      range: yRange, isLogarithmic: plot.isYLogarithmic, isWhole: isYWhole, start: plot.height - below,
      end: top)
    // Cells and lists are read from the top, like a picture.
    if plot.isReadDown { vertical = vertical.from(top, to: plot.height - below) }
    var rows = PlotFrame.ticks(vertical, plot.yCategories, about: max(2, Int(vertical.length / 52)))
    if plot.yCategories != nil { PlotFrame.fit(&rows, to: plot.width * 0.36, rowHeight: vertical.length) }
    if plot.isPicture { rows = [] }
    let scale = colors?.axis(from: vertical.low, to: vertical.high)
    colorTicks = scale.map { PlotFrame.ticks($0, nil, about: max(2, Int($0.length / 52))) } ?? []

    let widest = rows.reduce(0.0) { max($0, $1.width) }
    // Turned names reach to the left of their place.
    let reach =
      isTurned
      ? (names?.longest ?? 0) * cos(PlotFrame.turn) - plot.width * 0.4 / Double(names?.count ?? 1) : 0
    let left = min(plot.width * 0.45, max(16 + widest + (plot.yLabel == nil ? 0 : 20), reach))
    let bar = 34 + colorTicks.reduce(0.0) { max($0, $1.width) } + 8 + (plot.colorLabel == nil ? 0 : 18)
    var horizontal = Axis(
      range: xRange, isLogarithmic: plot.isXLogarithmic, isWhole: isXWhole, start: left,
      end: max(left + 20, plot.width - (colors == nil ? 18 : min(bar, plot.width * 0.4))))
    var columns = names?.ticks ?? PlotFrame.ticks(horizontal, nil, about: max(2, Int(horizontal.length / 84)))
    // The last number must not be cut by the page.
    if names == nil, colors == nil, let last = columns.last {
      let over = horizontal.position(last.value) + last.width / 2 - plot.width
      if over > 0 { horizontal = horizontal.from(left, to: horizontal.end - over) }
    }
    (horizontal, vertical) = PlotFrame.fitted(horizontal, vertical, aspect: plot.isPicture ? 1 : plot.aspect)
    columns = plot.isPicture ? [] : PlotFrame.thinned(columns, horizontal, isTurned: isTurned)
    xTicks = columns
    yTicks = rows
    (x, y) = (horizontal, vertical)
    height = vertical.high + below
  }

  // MARK: Ticks

  private static func ticks(_ axis: Axis, _ categories: [String]?, about count: Int) -> [Tick] {
    guard let categories else { return axis.ticks(about: count).map { Tick($0.value, $0.label) } }
    return categories.enumerated().map { Tick(Double($0.offset + 1), $0.element) }
  }

  /// Names beside the rows: one line, two where there is room, else shortened.
  private static func fit(_ ticks: inout [Tick], to room: Double, rowHeight all: Double) {
    let lines = all / Double(max(ticks.count, 1)) >= 2 * leading + 4 ? 2 : 1
    for index in ticks.indices {
      ticks[index].lines = PlotText.paragraph(ticks[index].label, to: room, size: tickSize, lines: lines)
    }
  }

  private struct Names {
    var ticks: [Tick]
    let isTurned: Bool
    var count: Int { max(ticks.count, 1) }
    var longest: Double { ticks.reduce(0) { max($0, $1.width) } }

    /// What they need beyond one line.
    var height: Double {
      if isTurned { return longest * sin(PlotFrame.turn) }
      return PlotFrame.leading * Double(ticks.reduce(1) { max($0, $1.lines.count) } - 1)
    }
  }

  /// The names under a plot: straight if they fit, broken into lines if that helps, else turned and shortened.
  private static func names(under plot: Plot) -> Names? {
    guard let categories = plot.xCategories else { return nil }
    var ticks = categories.enumerated().map { Tick(Double($0.offset + 1), $0.element) }
    let slot = (plot.width - margins(of: plot)) / Double(max(ticks.count, 1)) - 8
    let broken = categories.map { PlotText.wrapped($0, to: slot, size: tickSize, lines: 3) }
    if broken.allSatisfy({ $0 != nil }) {
      for (index, lines) in broken.enumerated() { ticks[index].lines = lines ?? [] }
      return Names(ticks: ticks, isTurned: false)
    }
    let room = min(170, plot.height * 0.5 / sin(turn))
    for index in ticks.indices {
      ticks[index].lines = [PlotText.shortened(ticks[index].label, to: room, size: tickSize)]
    }
    return Names(ticks: ticks, isTurned: true)
  }

  /// About what the names of the rows and the colours take of the width, before it is known how the names below stand.
  private static func margins(of plot: Plot) -> Double {
    var room = 80.0
    if let names = plot.yCategories {
      let widest = names.reduce(0.0) { max($0, PlotText.width(of: $1, size: tickSize)) }
      room = 34 + min(widest, plot.width * 0.36) + (plot.yLabel == nil ? 0 : 20)
    }
    if ColorScale(plot.layers) != nil { room += 52 + (plot.colorLabel == nil ? 0 : 18) }
    return room
  }

  /// Every second, third … tick if the labels would touch.
  private static func thinned(_ ticks: [Tick], _ axis: Axis, isTurned: Bool) -> [Tick] {
    guard ticks.count > 1 else { return ticks }
    let widest = isTurned ? 15 : ticks.reduce(0.0) { max($0, $1.width) } + 8
    let room = axis.length / Double(ticks.count)
    let step = max(1, Int(min(widest / max(room, 1e-9), Double(ticks.count)).rounded(.up)))
    return ticks.enumerated().filter { $0.offset % step == 0 }.map(\.element)
  }

  // MARK: Aspect

  /// The axes with the longer one cut down, so that a unit of y is `aspect` times as long as one of x.
  private static func fitted(_ x: Axis, _ y: Axis, aspect: Double?) -> (Axis, Axis) {
    guard let aspect else { return (x, y) }
    let height = x.length / x.span * aspect * y.span
    if height < y.length {
      return (x, y.start < y.end ? y.from(y.start, to: y.start + height) : y.from(y.end + height, to: y.end))
    }
    return (x.from(x.start, to: x.start + y.length / y.span / aspect * x.span), y)
  }
}

extension PlotFrame.Tick {
  /// In pixels, of the longest line.
  var width: Double {
    lines.reduce(0) { max($0, PlotText.width(of: $1, size: PlotFrame.tickSize)) }
  }
}

extension Plot {
  /// x and y exchanged.
  fileprivate var turned: Plot {
    var turned = self
    (turned.xLabel, turned.yLabel) = (yLabel, xLabel)
    (turned.xRange, turned.yRange) = (yRange, xRange)
    (turned.isXLogarithmic, turned.isYLogarithmic) = (isYLogarithmic, isXLogarithmic)
    (turned.xCategories, turned.yCategories) = (yCategories, xCategories)
    turned.aspect = aspect.map { 1 / $0 }
    return turned
  }

  /// Whether its rows are numbered from the top.
  fileprivate var isReadDown: Bool {
    isHorizontal || layers.contains { if case .cells = $0 { true } else { false } } || isPicture
  }

  var isPicture: Bool { layers.contains { if case .picture = $0 { true } else { false } } }
}
