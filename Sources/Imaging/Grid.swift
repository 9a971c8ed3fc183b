import Tensor

extension Image {
  /// A contact sheet: pictures in rows of `columns`, centred in cells of the largest size, `spacing` pixels apart,
  /// each with a label below it if there are labels (in a pixel font, cut to the cell).
  ///
  /// - Parameters:
  ///   - columns: as square a sheet as possible by default.
  ///   - background: grey value of what the pictures do not cover.
  public static func grid(
    _ images: [Image], columns: Int? = nil, spacing: Int = 4, labels: [String]? = nil, background: Float = 1
  ) throws -> Image {
    guard let first = images.first else { throw ImagingError("a grid needs at least one image") }
    guard columns ?? 1 > 0, spacing >= 0, spacing <= 4096 else {
      throw ImagingError("a grid needs columns ≥ 1 and spacing from 0 to 4096")
    }
    let columns = min(columns ?? squareColumns(images.count), images.count)
    let rows = (images.count + columns - 1) / columns
    let cellWidth = images.reduce(first.width) { max($0, $1.width) }
    let cellHeight = images.reduce(first.height) { max($0, $1.height) }
    // Labels grow with the pictures, so that they stay legible on a sheet of large ones.
    let scale = max(1, cellWidth / 256)
    let labelHeight = labels == nil ? 0 : (PixelFont.height + 3) * scale

    let width = columns * cellWidth + (columns - 1) * spacing
    let height = rows * (cellHeight + labelHeight) + (rows - 1) * spacing
    var sheet = Canvas(
      width: width, height: height, pixels: try Tensor.full([height, width, 3], background).toArray())
    for (index, image) in images.enumerated() {
      let x = index % columns * (cellWidth + spacing)
      let y = index / columns * (cellHeight + labelHeight + spacing)
      let rgb = try image.rgb()
      sheet.draw(rgb, x: x + (cellWidth - rgb.width) / 2, y: y + (cellHeight - rgb.height) / 2)
      if let labels, index < labels.count {
        sheet.write(
          labels[index], center: x + cellWidth / 2, top: y + cellHeight + 2 * scale, within: cellWidth,
          scale: scale,
          value: background > 0.5 ? 0.2 : 0.85)
      }
    }
    return try Image(Tensor(sheet.pixels, shape: [height, width, 3]))
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
  var pixels: [Float]

  mutating func draw(_ image: Image, x: Int, y: Int) {
    let source = image.tensor.toArray()
    for row in 0..<image.height {
      let from = row * image.width * 3
      let to = ((y + row) * width + x) * 3
      pixels.replaceSubrange(to..<to + image.width * 3, with: source[from..<from + image.width * 3])
    }
  }

  mutating func write(_ text: String, center: Int, top: Int, within limit: Int, scale: Int, value: Float) {
    let advance = (PixelFont.width + 1) * scale
    let shown = text.prefix(max(0, (limit + scale) / advance))
    let left = center - (shown.count * advance - scale) / 2
    for (index, character) in shown.enumerated() {
      for y in 0..<PixelFont.height * scale {
        for x in 0..<PixelFont.width * scale where PixelFont.isSet(character, x: x / scale, y: y / scale) {
          let (column, row) = (left + index * advance + x, top + y)
          guard column >= 0, column < width, row < height else { continue }
          let start = (row * width + column) * 3
          pixels.replaceSubrange(start..<start + 3, with: repeatElement(value, count: 3))
        }
      }
    }
  }
}
