import Encoding
import Glibc
import Imaging
import Platform

/// Pictures between the lines of a terminal.
public enum InlineImage {
  public enum Mode: String, CaseIterable, Sendable { case kitty, iterm, sixel, blocks, none }

  /// What the terminal can show, as far as it says so in the environment; asked for sixel when it says nothing.
  public static func detect() -> Mode {
    func variable(_ name: String) -> String { Environment[name] ?? "" }
    guard isatty(STDOUT_FILENO) == 1, variable("TERM") != "dumb" else { return .none }
    let isInside = !variable("TMUX").isEmpty || variable("TERM").hasPrefix("screen")
    if !isInside {
      if !variable("KITTY_WINDOW_ID").isEmpty || ["xterm-kitty", "xterm-ghostty"].contains(variable("TERM")) {
        return .kitty
      }
      if ["iTerm.app", "WezTerm", "vscode", "mintty"].contains(variable("TERM_PROGRAM")) { return .iterm }
    }
    return answersSixel() ? .sixel : .blocks
  }

  /// The text that shows a picture on a terminal of so many columns and rows; empty for `.none`.
  public static func text(_ image: Image, png: [UInt8]?, mode: Mode, columns: Int, rows: Int) throws -> String
  {
    switch mode {
    case .none: ""
    case .kitty: kitty(Base64.encode(try png ?? image.pngData()))
    case .iterm: "\u{1B}]1337;File=inline=1:\(Base64.encode(try png ?? image.pngData()))\u{7}\n"
    case .sixel: try Sixel.text(enlarged(image)) + "\n"
    case .blocks: try HalfBlocks.text(image, columns: columns, rows: rows - 2)
    }
  }

  /// kitty's graphics protocol: the PNG file in pieces of 4096 letters.
  private static func kitty(_ base64: String) -> String {
    var text = ""
    var rest = Substring(base64)
    var isFirst = true
    repeat {
      let piece = rest.prefix(4096)
      rest = rest.dropFirst(4096)
      text += "\u{1B}_G" + (isFirst ? "a=T,f=100," : "") + "m=\(rest.isEmpty ? 0 : 1);\(piece)\u{1B}\\"
      isFirst = false
    } while !rest.isEmpty
    return text + "\n"
  }

  /// Pictures of a few pixels are shown several times their size.
  private static func enlarged(_ image: Image) throws -> Image {
    let scale = max(1, min(4, 256 / max(image.width, image.height, 1)))
    guard scale > 1 else { return image }
    return try image.resized(height: image.height * scale, width: image.width * scale, mode: .nearest)
  }

  /// Asks for the terminal's attributes (DA1), of which 4 is sixel graphics, and waits a tenth of a second.
  private static func answersSixel() -> Bool {
    guard isatty(STDIN_FILENO) == 1 else { return false }
    let screen = Screen()
    screen.enterRaw()
    defer { screen.leaveRaw() }
    screen.write("\u{1B}[c")
    var answer = ""
    while let byte = screen.nextByte(100), byte >= 0 {
      answer.append(Character(Unicode.Scalar(UInt8(byte))))
      if byte == UInt8(ascii: "c") { break }
    }
    guard answer.hasPrefix("\u{1B}[?"), answer.hasSuffix("c") else { return false }
    return answer.dropFirst(3).dropLast().split(separator: ";").contains("4")
  }
}
