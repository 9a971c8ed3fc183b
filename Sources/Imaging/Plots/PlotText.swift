/// Fits labels into the room that they have. How wide a text will be depends on a font that we do not know, so that
/// widths are estimates on the generous side.
enum PlotText {
  /// Bold letters are wider.
  static let bold = 1.14

  /// The estimated width in pixels of a text in a sans-serif font of this size, as wide as DejaVu Sans.
  static func width(of text: String, size: Double) -> Double {
    text.unicodeScalars.reduce(0) { $0 + advance(of: $1) } * size
  }

  /// Of one character, in units of the font's size.
  private static func advance(of scalar: Unicode.Scalar) -> Double {
    switch scalar {
    case "i", "j", "l", "I", ".", ",", ":", ";", "'", "|", "!": 0.32
    case " ", "f", "t", "r", "(", ")", "[", "]", "/", "\\", "-", "·": 0.4
    case "m", "w", "M", "W", "@", "%", "…", "—": 0.95
    case "A"..."Z": 0.74
    case "\u{300}"..."\u{36F}", "\u{200B}"..."\u{200F}", "\u{FE00}"..."\u{FE0F}": 0
    // East Asian scripts and pictographs fill a square.
    case "\u{1100}"..."\u{115F}", "\u{2E80}"..."\u{A4CF}", "\u{AC00}"..."\u{D7A3}", "\u{F900}"..."\u{FAFF}",
      "\u{FE30}"..."\u{FE6F}", "\u{FF00}"..."\u{FF60}", "\u{1F000}"..."\u{3FFFD}":
      1.05
    default: 0.62
    }
  }

  /// The text if it fits, else its beginning and its end with an ellipsis between: names of one experiment begin alike,
  /// and what tells them apart is often their end. At least its first letter is kept.
  static func shortened(_ text: String, fits: (String) -> Bool) -> String {
    if fits(text) { return text }
    let characters = Array(text)
    guard characters.count > 1 else { return characters.first.map { "\($0)…" } ?? "" }
    func short(_ kept: Int) -> String {
      let head = (kept + 1) / 2
      return String(characters[..<head]) + "…" + String(characters[(characters.count - (kept - head))...])
    }
    // What is shorter fits if the longer does.
    var (least, most) = (1, characters.count - 1)
    while least < most {
      let middle = (least + most + 1) / 2
      if fits(short(middle)) { least = middle } else { most = middle - 1 }
    }
    return short(least)
  }

  /// The same for a room in pixels.
  static func shortened(_ text: String, to room: Double, size: Double) -> String {
    shortened(text) { width(of: $0, size: size) <= room }
  }

  /// The text in lines of at most `room`, broken after blanks, underscores, hyphens and slashes; `nil` where it takes more
  /// than `lines` or has a piece that is wider.
  static func wrapped(_ text: String, to room: Double, size: Double, lines: Int) -> [String]? {
    var rows: [String] = []
    var row = ""
    for piece in pieces(of: text) {
      let trimmed = (row + piece).last == " " ? String((row + piece).dropLast()) : row + piece
      if width(of: trimmed, size: size) <= room {
        row += piece
        continue
      }
      guard !row.isEmpty else { return nil }
      rows.append(row)
      row = piece
      guard rows.count < lines, width(of: row.last == " " ? String(row.dropLast()) : row, size: size) <= room
      else { return nil }
    }
    rows.append(row)
    return rows.map { $0.last == " " ? String($0.dropLast()) : $0 }
  }

  /// The text in lines that fit, the last of them shortened if there would be more than `lines`.
  static func paragraph(_ text: String, to room: Double, size: Double, lines: Int) -> [String] {
    if let rows = wrapped(text, to: room, size: size, lines: lines) { return rows }
    var rows: [String] = []
    var rest = pieces(of: text)[...]
    while !rest.isEmpty, rows.count < lines - 1 {
      var row = ""
      while let piece = rest.first, row.isEmpty || width(of: row + piece, size: size) <= room {
        row += piece
        rest.removeFirst()
      }
      rows.append(shortened(row.last == " " ? String(row.dropLast()) : row, to: room, size: size))
    }
    if !rest.isEmpty { rows.append(shortened(rest.joined(), to: room, size: size)) }
    return rows
  }

  /// Words, each with the mark after which a line may end.
  private static func pieces(of text: String) -> [String] {
    var pieces: [String] = []
    var piece = ""
    for character in text {
      piece.append(character == "\n" ? " " : character)
      if [" ", "_", "-", "/", "\n"].contains(character) {
        pieces.append(piece)
        piece = ""
      }
    }
    return piece.isEmpty ? pieces : pieces + [piece]
  }
}
