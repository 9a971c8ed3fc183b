import Testing

@testable import Imaging

@Suite struct PlotLayoutTests {
  @Test func placesInAListHaveWholeTicks() {
    for count in [2, 3, 5, 9, 30, 400] {
      let x = (1...count).map(Double.init)
      let frame = PlotFrame(Plot([.line(x: x, y: x.map { $0 / 7 })]))
      #expect(frame.xTicks.allSatisfy { $0.value == $0.value.rounded() && !$0.label.contains(".") })
      #expect(frame.yTicks.contains { $0.value != $0.value.rounded() } || count > 14)
    }
    let counts = PlotFrame(Plot([.histogram(edges: [0, 0.5, 1], counts: [1, 2])]))
    #expect(counts.yTicks.map(\.label) == ["0", "1", "2"])
    for top in [3, 7, 30, 70, 100, 250, 1000, 7000] {
      let many = PlotFrame(Plot([.histogram(edges: [0, 0.5, 1], counts: [1, Double(top)])]))
      #expect(many.yTicks.allSatisfy { !$0.label.contains(".") }, "\(top): \(many.yTicks.map(\.label))")
    }
  }

  /// Whatever room the names of the rows and the colours leave: names of columns are turned rather than left out.
  @Test func everyColumnOfACategoryHasItsName() throws {
    let columns = ["<|startoftext|>", "a", "red", "car", "<|endoftext|>", "padding"]
    for rows in [["a"], ["embeddings", "layers.0"], ["a rather long name of a row", "b", "c"]] {
      for hasLabels in [false, true] {
        var plot = Plot([.cells(rows.map { _ in [1, 2, 3, 4, 5, 6] })], yLabel: hasLabels ? "site" : nil)
        (plot.xCategories, plot.yCategories) = (columns, rows)
        plot.colorLabel = hasLabels ? "share" : nil
        #expect(PlotFrame(plot).xTicks.map(\.label) == columns)
      }
    }
  }

  @Test func numbersInCellsAreOfOneKind() throws {
    let svg = try Plot([.cells([[1, 0.00067], [-0.000001, 0.25]], showsValues: true)]).svg()
    for text in [">1<", ">0.00<", ">0.25<"] { #expect(svg.contains(text)) }
    #expect(!svg.contains("·10"))
    // Where all are small, their powers say how small.
    #expect(try Plot([.cells([[0.0001, 0.0002]], showsValues: true)]).svg().contains("2·10⁻⁴"))
  }

  @Test func noLabelLeavesThePage() throws {
    let names = (1...6).map { "a name of condition \($0) that nobody could call short" }
    for isHorizontal in [false, true] {
      var plot = Plot(
        [.bars([1, 2, 3, 4, 5, 6], label: names[0])], title: names.joined(separator: " "),
        xLabel: names[1] + names[2],
        yLabel: names[3] + names[4])
      plot.xCategories = names
      plot.isHorizontal = isHorizontal
      let svg = try plot.svg()
      for text in svg.matches(
        of:
          #/<text x="([0-9.-]+)" y="([0-9.-]+)" text-anchor="(\w+)"([^>]*)>(<title>[^<]*<\/title>)?([^<]*)</#)
      {
        guard !text.output.4.contains("rotate") else { continue }
        let size =
          text.output.4.contains("font-size=\"14\"")
          ? 14 * PlotText.bold : text.output.3 == "start" ? 12 : PlotFrame.tickSize
        let width = PlotText.width(of: String(text.output.6), size: size)
        let x = try #require(Double(text.output.1))
        let left = text.output.3 == "end" ? x - width : text.output.3 == "middle" ? x - width / 2 : x
        #expect(left >= -1 && left + width <= plot.width + 1, "\(text.output.6)")
      }
      // What was cut can still be read; beside rows there is room for two lines.
      #expect(isHorizontal || svg.contains("<title>\(names[2])</title>"))
    }
  }

  @Test func shortensInTheMiddle() {
    let short = PlotText.shortened("the prompt of condition 17", to: 90, size: 12)
    #expect(short.hasPrefix("the") && short.hasSuffix("17") && short.contains("…"))
    #expect(PlotText.width(of: short, size: 12) <= 90)
    #expect(PlotText.shortened("cat", to: 90, size: 12) == "cat")
    // Of all that fit, the longest.
    let name = "the prompt of condition 17"
    for width in 2...30 {
      let short = PlotText.shortened(name) { $0.count <= width }
      #expect(short.count == min(width, name.count))
      #expect(name.hasPrefix(short.prefix { $0 != "…" }))
    }
    #expect(["", "a", "ab"].map { PlotText.shortened($0) { $0.isEmpty } } == ["", "a…", "a…"])
    #expect(
      PlotText.wrapped("without the accessory", to: 70, size: 12, lines: 3) == [
        "without", "the", "accessory",
      ])
    #expect(PlotText.wrapped("inseparable", to: 20, size: 12, lines: 3) == nil)
    #expect(PlotText.width(of: "猫", size: 10) > PlotText.width(of: "i", size: 10) * 2)
  }

  @Test func boxesAreThoseOfTukey() throws {
    // numpy.percentile and matplotlib.cbook.boxplot_stats of 1, 2, 3, 4, 5, 20
    let box = try #require(Distribution([20, 1, 2, .nan, 3, 4, 5])?.box)
    #expect(box.quarter == 2.25 && box.median == 3.5 && box.threeQuarters == 4.75)
    #expect(box.low == 1 && box.high == 5 && box.outliers == [20])
    let narrow = try #require(Distribution([1, 2, 3, 9])?.box)
    #expect(narrow.high == narrow.threeQuarters && narrow.outliers == [9])
    #expect(Distribution([.nan]) == nil)
  }

  @Test func densitiesAreThoseOfScott() throws {
    // scipy.stats.gaussian_kde([1, 2, 4, 7])([1, 4, 7])
    let density = try #require(Distribution([1, 2, 4, 7])).density(at: 3)
    #expect(density.map(\.value) == [1, 4, 7])
    for (found, expected) in zip(density.map(\.density), [0.110471365, 0.112469236, 0.068767789]) {
      #expect(abs(found - expected) < 1e-7, "\(found)")
    }
    #expect(try #require(Distribution([3, 3])).density(at: 4).isEmpty)
  }

  @Test func anAspectHolds() {
    for aspect in [0.25, 1, 4] {
      var plot = Plot([.points(x: [0, 10], y: [0, 3])])
      plot.aspect = aspect
      let frame = PlotFrame(plot)
      let (x, y) = (frame.x.length / frame.x.span, frame.y.length / frame.y.span)
      #expect(abs(y / x - aspect) < 1e-9)
      #expect(frame.height <= plot.height + 1e-9)
    }
  }

  @Test func horizontalBarsAreTheSameLyingDown() {
    var plot = Plot([.bars([1, 4, 2])], xLabel: "name", yLabel: "value")
    plot.xCategories = ["a", "b", "c"]
    plot.isHorizontal = true
    let frame = PlotFrame(plot)
    #expect(frame.yTicks.map(\.label) == ["a", "b", "c"])
    #expect(frame.plot.xLabel == "value" && frame.plot.yLabel == "name")
    #expect(frame.y.position(1) < frame.y.position(3))
    #expect(throws: ImagingError("only bars, boxes and violins can be horizontal")) {
      plot.layers.append(.points(x: [1], y: [1]))
      _ = try plot.svg()
    }
  }

  @Test func manySeriesCanBeToldApart() {
    let layers = (0..<20).map { Plot.Layer.line(x: [1, 2], y: [Double($0), 1]) }
    let looks = layers.indices.map { PlotStyle.color(layers, $0) + PlotStyle.dashes(layers, $0) }
    #expect(Set(looks).count == looks.count)
  }

  @Test func smallMultiplesShareRanges() throws {
    var grid = PlotGrid(
      [Plot([.line(x: [0, 1], y: [0, 1])]), Plot([.line(x: [0, 5], y: [2, 3])])], title: "both")
    grid.sharesX = true
    grid.width = 800
    let svg = try grid.svg()
    #expect(svg.matches(of: #/>4<\/text>/#).count == 2)
    #expect(svg.hasPrefix("<svg") && svg.contains("width=\"800\""))
    #expect(throws: ImagingError("a grid of plots needs at least one plot")) { try PlotGrid([]).svg() }
  }

  @Test func plotsAreTextToo() throws {
    var bars = Plot([.bars([1, 2])])
    bars.xCategories = ["cat", "dog"]
    let lines = try TerminalPlot(bars, columns: 30, rows: 4).text().split(separator: "\n")
    #expect(lines[0].hasPrefix("cat │█") && lines[1].hasPrefix("dog │██"))
    #expect(lines[1].count > lines[0].count)
    let line = try TerminalPlot(Plot([.line(x: [0, 1], y: [0, 1])], title: "t"), columns: 30, rows: 5).text()
    #expect(line.contains("⠤") || line.contains("⡠"))
    for layer: Plot.Layer in [
      .boxes([[1, 2, 1e300]]), .violins([[], [.nan]]), .cells([[1, .nan]]),
      .histogram(edges: [0, 1], counts: [3]),
      .line(x: [], y: []), .points(x: [1e308, -1e308], y: [.infinity, 1]),
    ] {
      for range in [nil, 5.0...6] {
        var plot = Plot([layer])
        plot.yRange = range
        #expect(try !TerminalPlot(plot).text().isEmpty)
        _ = try plot.svg()
      }
    }
  }

  @Test func writesPDF() throws {
    let svg = try Plot([.line(x: [0, 1], y: [0, 1])], title: "a title").svg()
    let pdf = try PDF.data(svg: svg)
    #expect(pdf.starts(with: Array("%PDF-".utf8)) && pdf.count > 1000)
    #expect(try PDF.data(svg: svg) == pdf)
    #expect(throws: ImagingError.self) { try PDF.data(svg: "no drawing") }
  }
}
