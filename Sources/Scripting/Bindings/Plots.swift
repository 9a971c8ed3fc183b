import Imaging
import Lua
import Notebook
import Tensor

/// A plot as scripts hold it.
struct LuaPlot: Displayable {
  static let luaName = "plot"
  let plot: Plot
  private let svg: String

  /// Draws at once, so that what is wrong is said where the plot is made.
  init(_ plot: Plot) throws {
    self.plot = plot
    svg = try plot.svg()
  }

  private var inWords: String { plot.title.map { "plot '\($0)'" } ?? "plot" }

  func mimeBundle() throws -> MIMEBundle {
    var bundle = MIMEBundle(plain: inWords)
    bundle[.svg] = .text(svg)
    return bundle
  }

  static func describe(_ type: LuaType<LuaPlot>) throws {
    try type.method("svg()") { plot, _ in plot.svg }
    try type.method("save(path)") { plot, call in
      let path: String = try call[1]
      try call.checkWriting(path)
      if path.hasSuffix(".png") {
        try plot.plot.image().write(to: path)
      } else if path.hasSuffix(".svg") {
        try TextFile.write(plot.svg, to: path)
      } else {
        throw LuaArgumentError(1, "name ending in .svg or .png expected, got '\(path)'")
      }
    }
    try type.method("image({scale})") { plot, call in try plot.plot.image(scale: call["scale"] ?? 2) }
    try type.metamethod("__tostring") { plot, _ in plot.inWords }
    try type.showsItself()
  }
}

extension Bindings {
  /// What all kinds of plots can be asked for.
  private static let frame = "title, x_label, y_label, x_range, y_range, x_log, y_log, width, height"

  /// `lunette.plot`: each function takes one table. Data are lists or tensors; `series = { { y = … }, … }` draws several.
  static func addPlot(to lunette: LuaModule) throws {
    let module = try lunette.module("plot")
    try module.function("line({x, y, low, high, label, series, \(frame)})") { call in
      try PlotOptions(call).plot(PlotOptions.points(call.options, joined: true))
    }
    try module.function("scatter({x, y, label, series, \(frame)})") { call in
      try PlotOptions(call).plot(PlotOptions.points(call.options, joined: false))
    }
    try module.function("bar({x, y, low, high, label, series, \(frame)})") { call in
      try PlotOptions(call).bars()
    }
    try module.function("hist({x, bins, label, series, range, \(frame)})") { call in
      try PlotOptions(call).histogram()
    }
    try module.function("heatmap({z, x, y, colors, range, values, \(frame)})") { call in
      try PlotOptions(call).heatmap()
    }
  }
}

/// Decodes the table of a plot.
private struct PlotOptions {
  private let call: LuaCall
  private var options: LuaOptions { call.options }

  init(_ call: LuaCall) throws {
    guard call.count >= 1 else { throw LuaArgumentError(1, "table expected, got no value") }
    self.call = call
  }

  /// The plot of these layers, with what stands around it.
  func plot(_ layers: [Plot.Layer], _ adjust: (inout Plot) -> Void = { _ in }) throws -> LuaPlot {
    var plot = Plot(
      layers, title: try options["title"], xLabel: try options["x_label"], yLabel: try options["y_label"])
    plot.xRange = (try options["x_range"] as RangeArgument?)?.range
    plot.yRange = (try options["y_range"] as RangeArgument?)?.range
    plot.isXLogarithmic = try options["x_log"] ?? false
    plot.isYLogarithmic = try options["y_log"] ?? false
    if let width: Double = try options["width"] { plot.width = width }
    if let height: Double = try options["height"] { plot.height = height }
    adjust(&plot)
    return try LuaPlot(plot)
  }

  /// Lends `body` the table of each series: those listed in `series`, or the options themselves.
  private static func eachSeries<R>(
    _ options: LuaOptions, keys: [String], _ body: (LuaOptions) throws -> R
  ) throws -> [R] {
    guard try options.has("series") else { return [try body(options)] }
    for key in keys where key != "x" {
      if try options.has(key) { throw options.complaint(key, "cannot go together with 'series'") }
    }
    return try options.eachTable("series", keys: keys, body)
  }

  static func points(_ options: LuaOptions, joined: Bool) throws -> [Plot.Layer] {
    let shared: Numbers? = try options["x"]
    let keys = joined ? ["x", "y", "low", "high", "label"] : ["x", "y", "label"]
    return try eachSeries(options, keys: keys) { series -> [Plot.Layer] in
      let y = try series.numbers("y")
      let x = try (series["x"] as Numbers?)?.values ?? shared?.values ?? y.indices.map { Double($0 + 1) }
      guard x.count == y.count else {
        throw series.complaint("y", "\(x.count) numbers expected, as in x, got \(y.count)")
      }
      let label: String? = try series["label"]
      guard joined else { return [.points(x: x, y: y, label: label)] }
      let spread = try series.spread(of: y)
      return (spread.map { [.band(x: x, low: $0.low, high: $0.high)] } ?? []) + [
        .line(x: x, y: y, label: label)
      ]
    }.flatMap { $0 }
  }

  func bars() throws -> LuaPlot {
    var count = 0
    let layers: [Plot.Layer] = try Self.eachSeries(options, keys: ["y", "low", "high", "label"]) { series in
      let y = try series.numbers("y")
      let spread = try series.spread(of: y)
      count = max(count, y.count)
      return .bars(y, low: spread?.low, high: spread?.high, label: try series["label"])
    }
    let names = try options.names("x", count: count) ?? (0..<count).map { String($0 + 1) }
    return try plot(layers) { $0.xCategories = names }
  }

  func histogram() throws -> LuaPlot {
    let bins: Int = try options["bins"] ?? 30
    let series = try Self.eachSeries(options, keys: ["x", "label"]) { series in
      (values: try series.numbers("x"), label: try series["label"] as String?)
    }
    // Several histograms share their bins.
    let finite = series.flatMap(\.values).filter(\.isFinite)
    var range = (try options["range"] as RangeArgument?)?.range
    if range == nil, series.count > 1, let low = finite.min(), let high = finite.max(), low < high {
      range = low...high
    }
    return try plot(
      series.map { try Plot.histogram(of: $0.values, bins: bins, range: range, label: $0.label) })
  }

  func heatmap() throws -> LuaPlot {
    let z = try options.read("z") { try NestedNumbers.read($0) }
    guard z.rank == 2, z.count > 0 else {
      throw options.complaint("z", "2-d tensor with elements expected, got \(Shape.text(z.shape))")
    }
    let values = try z.doubles()
    let (rows, columns) = (z.shape[0], z.shape[1])
    let cells = Plot.Layer.cells(
      (0..<rows).map { Array(values[$0 * columns..<($0 + 1) * columns]) },
      colors: try call.colorMap("colors") ?? .viridis,
      range: (try options["range"] as RangeArgument?)?.range, showsValues: try options["values"] ?? false)
    let (x, y) = (try options.names("x", count: columns), try options.names("y", count: rows))
    return try plot([cells]) { ($0.xCategories, $0.yCategories) = (x, y) }
  }
}

extension LuaOptions {
  fileprivate func numbers(_ key: String) throws -> [Double] { (try self[key] as Numbers).values }

  /// `low` and `high` around the values; both or none.
  fileprivate func spread(of values: [Double]) throws -> (low: [Double], high: [Double])? {
    guard let low = (try self["low"] as Numbers?)?.values else {
      if try has("high") { throw complaint("high", "only together with 'low'") }
      return nil
    }
    let high = try numbers("high")
    for (key, list) in [("low", low), ("high", high)] where list.count != values.count {
      throw complaint(key, "\(values.count) numbers expected, as in y, got \(list.count)")
    }
    return (low, high)
  }

  /// Names of categories: strings or numbers.
  fileprivate func names(_ key: String, count: Int) throws -> [String]? {
    guard let names = (try self[key] as [CategoryName]?)?.map(\.text) else { return nil }
    guard names.count == count else { throw complaint(key, "\(count) names expected, got \(names.count)") }
    return names
  }
}

private struct CategoryName: LuaReadable {
  let text: String

  static func read(_ slot: LuaSlot) throws -> CategoryName {
    guard slot.kind == .string || slot.kind == .number else {
      throw LuaMismatch(expected: "string", got: slot)
    }
    return CategoryName(text: try slot.tostring())
  }
}
