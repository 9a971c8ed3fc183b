import Foundation
import Testing

@testable import Imaging

@Suite struct PlotTests {
  /// Well formed, with nothing from outside and no number that is none.
  private func check(_ svg: String) throws {
    let parser = XMLParserCheck(svg)
    #expect(parser.isWellFormed)
    #expect(!svg.contains("nan") && !svg.contains("inf") && !svg.contains("href") && !svg.contains("id="))
  }

  @Test func everyKindIsWellFormed() throws {
    let x = [1.0, 2, .nan, 4]
    let y = [-2.0, .infinity, 3, 1e12]
    let layers: [[Plot.Layer]] = [
      [.line(x: x, y: y, label: "a < b & \"c\"")], [.points(x: x, y: y)], [.band(x: x, low: y, high: y)],
      [.bars(y, label: "one"), .bars([1, 2, 3], low: [0, 1, 2], high: [2, 3, 4])],
      [try Plot.histogram(of: x, bins: 3)], [.cells([[1, .nan], [2, 3]], showsValues: true)],
      [.line(x: [], y: [])],
      [.line(x: [1], y: [1])], [.cells([[5]])],
    ]
    for layer in layers {
      var plot = Plot(layer, title: "<title>", xLabel: "x & y", yLabel: "\u{1}")
      try check(plot.svg())
      plot.isYLogarithmic = true
      plot.isXLogarithmic = true
      try check(plot.svg())
    }
  }

  @Test func isTheSameEveryTime() throws {
    let plot = Plot([.cells((0..<9).map { y in (0..<9).map { x in Double(x * y % 7) } })])
    #expect(try plot.svg() == plot.svg())
  }

  @Test func aLineLeavesGaps() throws {
    let svg = try Plot([.line(x: [1, 2, 3, 4, 5], y: [1, 2, .nan, 2, 1])]).svg()
    let path = try #require(svg.split(separator: "\n").first { $0.contains("stroke-linejoin") })
    #expect(path.filter { $0 == "M" }.count == 2 && path.filter { $0 == "L" }.count == 2)
  }

  @Test func cellsMergeNeighbours() throws {
    let svg = try Plot([.cells([[0, 0, 1], [0, 1, 1]], colors: .grey)]).svg()
    #expect(svg.contains("<path fill=\"#000000\" d=\"M0 0h2v1h-2zM0 1h1v1h-1z\"/>"))
    #expect(svg.contains("<path fill=\"#ffffff\" d=\"M2 0h1v1h-1zM1 1h2v1h-2z\"/>"))
  }

  @Test(
    arguments: [
      (0.0...1.0, 5, ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
      (0...10, 4, ["0.0", "2.5", "5.0", "7.5", "10.0"]),
      (-0.3...0.3, 3, ["−0.2", "0.0", "0.2"]), (0...2e7, 2, ["0", "1·10⁷", "2·10⁷"]),
      (3...4, 2, ["3.0", "3.5", "4.0"]),
      (0...1e-5, 2, ["0", "5·10⁻⁶", "1·10⁻⁵"]),
    ] as [(ClosedRange<Double>, Int, [String])])
  func ticksAreRound(_ range: ClosedRange<Double>, _ count: Int, _ labels: [String]) {
    let axis = Axis(range: range, isLogarithmic: false, start: 0, end: 100)
    #expect(axis.ticks(about: count).map(\.label) == labels)
  }

  @Test func aLegendTakesTheRowsThatItNeeds() throws {
    let names = (1...12).map { "category \($0)" }
    let svg = try Plot(names.map { .line(x: [1, 2], y: [0, 1], label: $0) }).svg()
    let places = try names.map { name -> (x: Double, y: Double) in
      let text = try #require(svg.split(separator: "\n").first { $0.contains(">\(name)<") })
      let x = try #require(text.firstMatch(of: #/ x="([0-9.]+)"/#)).output.1
      let y = try #require(text.firstMatch(of: #/ y="([0-9.]+)"/#)).output.1
      return (try #require(Double(x)), try #require(Double(y)))
    }
    for (name, place) in zip(names, places) {
      #expect(place.x + PlotText.width(of: name, size: 12) <= 640)
    }
    #expect(Set(places.map(\.y)).count > 1)
    #expect(places.count == Set(places.map { "\($0.x) \($0.y)" }).count)
  }

  @Test func logarithmicTicks() {
    let axis = Axis(range: 0.01...1e6, isLogarithmic: true, start: 0, end: 80)
    #expect(
      axis.ticks(about: 5).map(\.label) == ["0.01", "0.1", "1", "10", "100", "1000", "10000", "10⁵", "10⁶"])
    #expect(axis.position(1) == 20)
  }

  @Test func countsIntoBins() throws {
    guard
      case .histogram(let edges, let counts, _) = try Plot.histogram(of: [0, 0.9, 1, 2, 3, 3, .nan], bins: 3)
    else {
      Issue.record("a histogram is no histogram")
      return
    }
    #expect(edges == [0, 1, 2, 3])
    #expect(counts == [2, 1, 3])
  }

  @Test func refuses() {
    #expect(throws: ImagingError("x and y need the same number of values, got 1 and 2")) {
      try Plot([.line(x: [1], y: [1, 2])]).svg()
    }
    #expect(throws: ImagingError("cells need rows of one length")) {
      try Plot([.cells([[1], [1, 2]])]).svg()
    }
    #expect(throws: ImagingError("a plot needs at least one layer")) { try Plot([]).svg() }
    var plot = Plot([.line(x: [1], y: [1])])
    plot.isXLogarithmic = true
    plot.xRange = 0...1
    #expect(throws: ImagingError("a logarithmic axis needs a range above 0")) { try plot.svg() }
  }

  @Test func drawsPixels() throws {
    var plot = Plot([.histogram(edges: [0, 1], counts: [5])])
    plot.width = 200
    plot.height = 100
    let image = try plot.image(scale: 1.5)
    #expect(image.width == 300 && image.height == 150 && image.channels == 4)
    // The one bar fills the middle in the first colour of the series; the corner is empty.
    func pixel(_ y: Int, _ x: Int) throws -> [Float] {
      try image.tensor.selected(0, y).selected(0, x).toArray().map { ($0 * 255).rounded() }
    }
    let middle = try pixel(75, 160)
    #expect(zip(middle, [0x4a, 0x7f, 0xc4]).allSatisfy { abs($0 - Float($1)) <= 2 }, "\(middle)")
    #expect(try pixel(0, 299) == [0, 0, 0, 0])
    #expect(throws: ImagingError("scale must be positive, got 0.0")) { try plot.image(scale: 0) }
    #expect(throws: ImagingError("SVG: the picture would be empty or too large")) {
      try plot.image(scale: 1000)
    }
  }
}

/// Whether tags nest and close, and text is escaped: enough XML for what plots write.
private struct XMLParserCheck {
  var isWellFormed = true

  init(_ text: String) {
    var open: [Substring] = []
    for part in text.split(separator: "<").dropFirst(text.hasPrefix("<") ? 0 : 1) {
      guard let end = part.firstIndex(of: ">") else {
        isWellFormed = false
        return
      }
      let tag = part[..<end]
      if tag.filter({ $0 == "\"" }).count % 2 != 0 { isWellFormed = false }
      if tag.hasPrefix("/") {
        if open.popLast() != tag.dropFirst() { isWellFormed = false }
      } else if !tag.hasSuffix("/") {
        open.append(tag.prefix { $0 != " " })
      }
      for piece in part[part.index(after: end)...].split(separator: "&").dropFirst()
      where !piece.contains(";") {
        isWellFormed = false
      }
    }
    if !open.isEmpty { isWellFormed = false }
  }
}
