import Imaging
import Lua
import Notebook
import Tensor

extension Bindings {
  /// What all kinds of plots can be asked for.
  private static let frame = "title, x_label, y_label, x_range, y_range, x_log, y_log, aspect, width, height"

  /// `lunette.plot`: each function takes one table. Data are lists or tensors; `series = { { y = … }, … }` draws several.
  static func addPlot(to lunette: LuaModule) throws {
    let module = try lunette.module("plot")
    try module.function("line({x, y, low, high, label, series, markers, \(frame)})") { call in
      try PlotOptions(call).plot(PlotOptions.points(call.options, joined: true))
    }
    try module.function("scatter({x, y, label, series, \(frame)})") { call in
      try PlotOptions(call).plot(PlotOptions.points(call.options, joined: false))
    }
    try module.function("bar({x, y, low, high, label, series, horizontal, \(frame)})") { call in
      try PlotOptions(call).bars()
    }
    try module.function("box({x, y, label, series, horizontal, \(frame)})") { call in
      try PlotOptions(call).distributions { .boxes($0, label: $1) }
    }
    try module.function("violin({x, y, label, series, horizontal, \(frame)})") { call in
      try PlotOptions(call).distributions { .violins($0, label: $1) }
    }
    try module.function("hist({x, bins, label, series, range, \(frame)})") { call in
      try PlotOptions(call).histogram()
    }
    try module.function("heatmap({z, x, y, colors, range, values, color_label, \(frame)})") { call in
      try PlotOptions(call).heatmap()
    }
    try module.function(
      "overlay({image, map, colors, range, alpha, uniform, color_label, title, x_label, y_label, width, height})"
    ) { call in try PlotOptions(call).overlay() }
    try module.function("grid(plots, {columns, title, share_x, share_y, width})") { call in
      var grid = PlotGrid(try call.plots(1), columns: try call["columns"], title: try call["title"])
      grid.sharesX = try call["share_x"] ?? false
      grid.sharesY = try call["share_y"] ?? false
      grid.width = try call["width"]
      return try LuaPlot(.grid(grid))
    }
  }
}

extension LuaCall {
  /// A list of plots that stand for themselves.
  fileprivate func plots(_ place: Int) throws -> [Plot] {
    let drawings: [LuaPlot] = try self[place]
    return try drawings.enumerated().map { index, plot in
      guard case .plot(let plot) = plot.drawing else {
        throw LuaArgumentError(place, "plots expected, got a grid of plots at [\(index + 1)]")
      }
      return plot
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
    if try options.has("aspect") { plot.aspect = try aspect() }
    if let width: Double = try options["width"] { plot.width = width }
    if let height: Double = try options["height"] { plot.height = height }
    adjust(&plot)
    return try LuaPlot(.plot(plot))
  }

  /// A number, or `"equal"` for 1.
  private func aspect() throws -> Double {
    if let word: String = try? options["aspect"] {
      guard word == "equal" else {
        throw options.complaint("aspect", "a number or 'equal' expected, got '\(word)'")
      }
      return 1
    }
    return try options["aspect"]
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
    let hasMarks = joined ? try options["markers"] ?? false : false
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
        .line(x: x, y: y, label: label, hasMarks: hasMarks)
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
    return try categorical(layers, count: count)
  }

  /// One list of values for each category, or for the only one.
  func distributions(_ layer: ([[Double]], String?) -> Plot.Layer) throws -> LuaPlot {
    var count = 0
    let layers: [Plot.Layer] = try Self.eachSeries(options, keys: ["y", "label"]) { series in
      let lists = try series.read("y") { try DistributionArgument.read($0) }.lists
      count = max(count, lists.count)
      return layer(lists, try series["label"])
    }
    return try categorical(layers, count: count)
  }

  private func categorical(_ layers: [Plot.Layer], count: Int) throws -> LuaPlot {
    let names = try options.names("x", count: count) ?? (0..<count).map { String($0 + 1) }
    let isHorizontal: Bool = try options["horizontal"] ?? false
    return try plot(layers) { ($0.xCategories, $0.isHorizontal) = (names, isHorizontal) }
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
    let label: String? = try options["color_label"]
    return try plot([cells]) { ($0.xCategories, $0.yCategories, $0.colorLabel) = (x, y, label) }
  }

  /// A picture with a map laid over it, and what its colours mean.
  func overlay() throws -> LuaPlot {
    let image = try options.read("image") { try ImageOrTensor.read($0) }.image
    let map = try options.read("map") { try MapArgument.read($0) }.tensor
    let colors = try call.colorMap("colors") ?? .turbo
    let finite = try map.toArray().filter(\.isFinite)
    var range = (try options["range"] as RangeArgument?)?.range
    if range == nil, let low = finite.min(), let high = finite.max(), low < high {
      range = Double(low)...Double(high)
    }
    let floats = range.map { Float($0.lowerBound)...Float($0.upperBound) }
    let blended = try Image.overlay(
      heat: map, on: image, alpha: try options["alpha"] ?? 0.75, colors: colors, range: floats,
      uniform: try options["uniform"] ?? false)
    let layer = Plot.Layer.picture(try EmbeddedPicture(blended), colors: colors, range: range)
    var plot = Plot(
      [layer], title: try options["title"], xLabel: try options["x_label"], yLabel: try options["y_label"])
    plot.colorLabel = try options["color_label"]
    plot.width = try options["width"] ?? 360
    plot.height = try options["height"] ?? 320
    return try LuaPlot(.plot(plot))
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

/// A 2-d tensor.
private struct MapArgument: LuaReadable {
  let tensor: Tensor

  static func read(_ slot: LuaSlot) throws -> MapArgument {
    let tensor = try Tensor.read(slot)
    guard tensor.rank == 2, tensor.count > 0 else {
      throw LuaMismatch(expected: "2-d tensor with elements", got: slot)
    }
    return MapArgument(tensor: tensor)
  }
}

/// Numbers, or a list of lists of numbers that may differ in length.
private struct DistributionArgument: LuaReadable {
  let lists: [[Double]]

  static func read(_ slot: LuaSlot) throws -> DistributionArgument {
    if let lists = try? [Numbers].read(slot), !lists.isEmpty {
      return DistributionArgument(lists: lists.map(\.values))
    }
    return DistributionArgument(lists: [try Numbers.read(slot).values])
  }
}
