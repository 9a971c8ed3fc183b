import Glibc
import Imaging
import Platform

/// A picture as Unicode half blocks: two pixels per character, the upper one in the ink, the lower one in the paper.
enum HalfBlocks {
  /// - Parameters:
  ///   - columns: how wide it may be; a picture that is smaller than it may be stays as it is.
  ///   - rows: how high it may be, in characters.
  static func text(_ image: Image, columns: Int, rows: Int, hasTrueColor: Bool = hasTrueColor) throws
    -> String
  {
    let most = (width: max(1, min(columns, 96)), height: max(1, rows) * 2)
    let scale = min(1, Double(most.width) / Double(image.width), Double(most.height) / Double(image.height))
    var small = try image.rgb()
    if scale < 1 {
      func scaled(_ side: Int, _ most: Int) -> Int {
        min(most, max(1, Int((Double(side) * scale).rounded())))
      }
      small = try small.resized(
        height: scaled(image.height, most.height), width: scaled(image.width, most.width), mode: .area)
    }
    let bytes = small.bytes()
    func color(_ x: Int, _ y: Int) -> (Int, Int, Int) {
      let start = (y * small.width + x) * 3
      return (Int(bytes[start]), Int(bytes[start + 1]), Int(bytes[start + 2]))
    }
    func code(_ color: (Int, Int, Int)) -> String {
      if hasTrueColor { return "2;\(color.0);\(color.1);\(color.2)" }
      func level(_ value: Int) -> Int { (value * 5 + 127) / 255 }
      return "5;\(16 + 36 * level(color.0) + 6 * level(color.1) + level(color.2))"
    }
    var text = ""
    for y in stride(from: 0, to: small.height, by: 2) {
      var last = ""
      for x in 0..<small.width {
        let lower = y + 1 < small.height ? "\u{1B}[48;\(code(color(x, y + 1)))m" : "\u{1B}[49m"
        let colors = "\u{1B}[38;\(code(color(x, y)))m" + lower
        text += (colors == last ? "" : colors) + "▀"
        last = colors
      }
      text += "\u{1B}[0m\n"
    }
    return text
  }

  private static var hasTrueColor: Bool {
    ["truecolor", "24bit"].contains(Environment["COLORTERM"])
  }
}
