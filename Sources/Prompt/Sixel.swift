import Imaging

/// A picture in DEC's sixel graphics, with the 216 colours of a 6 × 6 × 6 cube.
enum Sixel {
  static func text(_ image: Image) throws -> String {
    let image = try image.rgb()
    let (width, height) = (image.width, image.height)
    let bytes = image.bytes()
    let colors: [Int] = (0..<width * height).map { pixel in
      let level = (0..<3).map { (Int(bytes[pixel * 3 + $0]) * 5 + 127) / 255 }
      return level[0] * 36 + level[1] * 6 + level[2]
    }
    var text = "\u{1B}Pq\"1;1;\(width);\(height)"
    for color in Set(colors).sorted() {
      text += "#\(color);2;\(color / 36 * 20);\(color / 6 % 6 * 20);\(color % 6 * 20)"
    }
    for top in stride(from: 0, to: height, by: 6) {
      let rows = min(6, height - top)
      let used = Set(colors[top * width..<(top + rows) * width]).sorted()
      for (index, color) in used.enumerated() {
        text += (index > 0 ? "$" : "") + "#\(color)" + band(colors, color, top: top, rows: rows, width: width)
      }
      text += "-"
    }
    return text + "\u{1B}\\"
  }

  /// One colour of six rows of pixels, with repeated columns counted.
  private static func band(_ colors: [Int], _ color: Int, top: Int, rows: Int, width: Int) -> String {
    var text = ""
    var run: (bits: UInt8, count: Int) = (0, 0)
    func flush() {
      guard run.count > 0 else { return }
      let sixel = Character(Unicode.Scalar(63 + run.bits))
      text += run.count > 3 ? "!\(run.count)\(sixel)" : String(repeating: sixel, count: run.count)
    }
    for x in 0..<width {
      var bits: UInt8 = 0
      for row in 0..<rows where colors[(top + row) * width + x] == color { bits |= 1 << UInt8(row) }
      if bits == run.bits {
        run.count += 1
      } else {
        flush()
        run = (bits, 1)
      }
    }
    if run.bits != 0 { flush() }
    return text
  }
}
