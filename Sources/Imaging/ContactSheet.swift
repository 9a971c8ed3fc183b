import Tensor

/// Pictures in rows, centred in cells of the largest size, each with a label below it if there are labels. As pixels the
/// labels are in a pixel font and cut to their cell; as a drawing small pictures are enlarged and labels are text.
public struct ContactSheet {
  let pictures: [Image]
  let labels: [String]?
  let columns: Int
  /// Pixels between the pictures.
  let spacing: Int
  /// Whether small pictures are drawn larger than they are.
  let enlarges: Bool
  /// Grey value of what the pictures do not cover; transparent if `nil`, so that the sheet suits a light page and a dark one.
  let background: Float?

  /// - Parameters:
  ///   - columns: as square a sheet as possible by default.
  ///   - enlarges: false for pictures of which somebody said how large they are to be.
  public init(
    _ pictures: [Image], columns: Int? = nil, spacing: Int = 4, labels: [String]? = nil,
    background: Float? = nil, enlarges: Bool = true
  ) throws {
    guard !pictures.isEmpty else { throw ImagingError("a grid needs at least one image") }
    guard columns ?? 1 > 0, spacing >= 0, spacing <= 4096 else {
      throw ImagingError("a grid needs columns ≥ 1 and spacing from 0 to 4096")
    }
    self.pictures = pictures
    self.labels = labels
    self.spacing = spacing
    self.background = background
    self.enlarges = enlarges
    self.columns = min(columns ?? ContactSheet.squareColumns(pictures.count), pictures.count)
  }

  public var hasLabels: Bool { labels?.contains { !$0.isEmpty } ?? false }

  /// So many of `count` places, evenly spread, the first and the last among them.
  public static func places(_ wanted: Int, of count: Int) -> [Int] {
    guard count > wanted, wanted > 1 else { return Array(0..<min(count, max(wanted, 1))) }
    return (0..<wanted).map { $0 * (count - 1) / (wanted - 1) }
  }

  var rows: Int { (pictures.count + columns - 1) / columns }
  private var cellWidth: Int { pictures.reduce(1) { max($0, $1.width) } }
  private var cellHeight: Int { pictures.reduce(1) { max($0, $1.height) } }

  private static func squareColumns(_ count: Int) -> Int {
    var columns = 1
    while columns * columns < count { columns += 1 }
    return columns
  }

  // MARK: As pixels

  public func image() throws -> Image {
    // Labels grow with the pictures, so that they stay legible on a sheet of large ones, as far as they fit.
    let longest = labels?.reduce(1) { max($0, $1.count) } ?? 1
    let scale = max(1, min(cellWidth / 100, cellWidth / (longest * (PixelFont.width + 1))))
    let labelHeight = labels == nil ? 0 : (PixelFont.height + 3) * scale

    let width = columns * cellWidth + (columns - 1) * spacing
    let height = rows * (cellHeight + labelHeight) + (rows - 1) * spacing
    try Room.check(width * height, bytes: 48, for: "a sheet of \(width) × \(height) pixels")
    let blank: [Float] = background.map { [$0, $0, $0] } ?? [1, 1, 1, 0]
    var sheet = Canvas(width: width, height: height, blank: blank)
    for (index, image) in pictures.enumerated() {
      let x = index % columns * (cellWidth + spacing)
      let y = index / columns * (cellHeight + labelHeight + spacing)
      let rgb = try image.rgb()
      try sheet.draw(rgb, x: x + (cellWidth - rgb.width) / 2, y: y + (cellHeight - rgb.height) / 2)
      if let labels, index < labels.count {
        sheet.write(
          labels[index], center: x + cellWidth / 2, top: y + cellHeight + 2 * scale, within: cellWidth,
          scale: scale,
          value: background.map { $0 > 0.5 ? 0.2 : 0.85 } ?? 0.5)
      }
    }
    return try Image(Tensor(sheet.pixels, shape: [height, width, blank.count]), sheet: self)
  }

  // MARK: As a drawing

  /// How many times their size small pictures are shown: as one picture alone would be, while the rows fit a page.
  var enlargement: Int {
    let side = max(cellWidth, cellHeight)
    guard enlarges, side <= 160 else { return 1 }
    return max(1, min(8, 256 / side, 1200 / (columns * cellWidth)))
  }

  private static let labelSize = 12.0
  private static let leading = 15.0

  /// The sheet as SVG, with the pictures inside it and the labels as text.
  public func svg() throws -> String {
    let scale = Double(enlargement)
    let (cellWidth, cellHeight) = (Double(cellWidth) * scale, Double(cellHeight) * scale)
    let gap = max(Double(spacing) * scale, labels == nil ? 0 : 8)
    let texts = pictures.indices.map { index -> [String] in
      guard let labels, index < labels.count else { return [] }
      return PlotText.paragraph(labels[index], to: cellWidth, size: ContactSheet.labelSize, lines: 3)
    }
    // Each row has room for the longest of its labels.
    let lines = (0..<rows).map { row in
      texts[(row * columns)..<min((row + 1) * columns, texts.count)].reduce(0) { max($0, $1.count) }
    }
    func labelHeight(_ row: Int) -> Double {
      lines[row] == 0 ? 0 : 5 + ContactSheet.leading * Double(lines[row])
    }
    var svg = SVG()
    var top = 0.0
    for row in 0..<rows {
      for index in (row * columns)..<min((row + 1) * columns, pictures.count) {
        let left = Double(index % columns) * (cellWidth + gap)
        let (width, height) = (Double(pictures[index].width) * scale, Double(pictures[index].height) * scale)
        svg.picture(
          try EmbeddedPicture(pictures[index]), x: left + (cellWidth - width) / 2,
          y: top + (cellHeight - height) / 2,
          width: width, height: height)
        guard let labels, index < labels.count else { continue }
        svg.text(
          lines: texts[index], whole: labels[index], x: left + cellWidth / 2, y: top + cellHeight + 14,
          leading: ContactSheet.leading, attributes: PlotStyle.paint("fill", "soft"))
      }
      top += cellHeight + labelHeight(row) + gap
    }
    let (width, height) = (Double(columns) * cellWidth + Double(columns - 1) * gap, top - gap)
    var page = SVG()
    if let background {
      page.raw(
        "<rect width=\"\(SVG.number(width))\" height=\"\(SVG.number(height))\" "
          + "fill=\"\(ColorScale.hex(SIMD3(repeating: background)))\"/>\n")
    }
    page.raw(svg.text)
    return SVG.document(
      width: width, height: height, title: labels?.joined(separator: ", ") ?? "\(pictures.count) pictures",
      page)
  }
}

private struct Canvas {
  let width: Int
  let height: Int
  let channels: Int
  var pixels: [Float] = []

  init(width: Int, height: Int, blank: [Float]) {
    self.width = width
    self.height = height
    channels = blank.count
    pixels.reserveCapacity(width * height * channels)
    for _ in 0..<width * height { pixels += blank }
  }

  private mutating func set(_ x: Int, _ y: Int, _ red: Float, _ green: Float, _ blue: Float) {
    let start = (y * width + x) * channels
    pixels[start] = red
    pixels[start + 1] = green
    pixels[start + 2] = blue
    if channels == 4 { pixels[start + 3] = 1 }
  }

  mutating func draw(_ image: Image, x: Int, y: Int) throws {
    let source = try image.tensor.elements()
    for row in 0..<image.height {
      for column in 0..<image.width {
        let from = (row * image.width + column) * 3
        set(x + column, y + row, source[from], source[from + 1], source[from + 2])
      }
    }
  }

  mutating func write(
    _ text: String, center: Int, top: Int, within limit: Int, scale: Int, value: Float
  ) {
    let advance = (PixelFont.width + 1) * scale
    let shown = text.prefix(max(0, (limit + scale) / advance))
    let left = center - (shown.count * advance - scale) / 2
    for (index, character) in shown.enumerated() {
      for y in 0..<PixelFont.height * scale {
        for x in 0..<PixelFont.width * scale where PixelFont.isSet(character, x: x / scale, y: y / scale) {
          let (column, row) = (left + index * advance + x, top + y)
          if column >= 0, column < width, row < height { set(column, row, value, value, value) }
        }
      }
    }
  }
}
