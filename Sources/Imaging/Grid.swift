import Tensor

extension Image {
  /// A contact sheet: pictures in rows of `columns`, centred in cells of the largest size, `spacing` pixels apart,
  /// each with a label below it if there are labels (in a pixel font, cut to the cell).
  ///
  /// - Parameters:
  ///   - columns: as square a sheet as possible by default.
  ///   - background: grey value of what the pictures do not cover; by default that is transparent, so that the sheet
  ///     suits a light page and a dark one.
  public static func grid(
    _ images: [Image], columns: Int? = nil, spacing: Int = 4, labels: [String]? = nil,
    background: Float? = nil
  ) throws -> Image {
    guard let first = images.first else { throw ImagingError("a grid needs at least one image") }
    guard columns ?? 1 > 0, spacing >= 0, spacing <= 4096 else {
      throw ImagingError("a grid needs columns ≥ 1 and spacing from 0 to 4096")
    }
    let columns = min(columns ?? squareColumns(images.count), images.count)
    let rows = (images.count + columns - 1) / columns
    let cellWidth = images.reduce(first.width) { max($0, $1.width) }
    let cellHeight = images.reduce(first.height) { max($0, $1.height) }
    // Labels grow with the pictures, so that they stay legible on a sheet of large ones, as far as they fit.
    let longest = labels?.reduce(1) { max($0, $1.count) } ?? 1
    let scale = max(1, min(cellWidth / 100, cellWidth / (longest * (PixelFont.width + 1))))
    let labelHeight = labels == nil ? 0 : (PixelFont.height + 3) * scale

    let width = columns * cellWidth + (columns - 1) * spacing
    let height = rows * (cellHeight + labelHeight) + (rows - 1) * spacing
    try Room.check(width * height, bytes: 48, for: "a sheet of \(width) × \(height) pixels")
    let blank: [Float] = background.map { [$0, $0, $0] } ?? [1, 1, 1, 0]
    var sheet = Canvas(width: width, height: height, blank: blank)
    for (index, image) in images.enumerated() {
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
    return try Image(Tensor(sheet.pixels, shape: [height, width, blank.count]))
  }

  private static func squareColumns(_ count: Int) -> Int {
    var columns = 1
    while columns * columns < count { columns += 1 }
    return columns
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
