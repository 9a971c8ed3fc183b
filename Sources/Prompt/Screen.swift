import Glibc

/// The terminal under a prompt: raw input, and the drawing of the text that is being edited.
final class Screen {
  private var cooked = termios()
  private var isRaw = false
  /// The row of the drawing, from 0, on which the cursor was left.
  private var cursorRow = 0
  private var pending: [UInt8] = []

  /// Keys come one by one, and Ctrl-C is a key.
  func enterRaw() {
    guard !isRaw, tcgetattr(STDIN_FILENO, &cooked) == 0 else { return }
    var raw = cooked
    raw.c_lflag &= ~tcflag_t(ICANON | ECHO | ISIG | IEXTEN)
    raw.c_iflag &= ~tcflag_t(IXON | ICRNL | INLCR)
    tcsetattr(STDIN_FILENO, TCSADRAIN, &raw)
    isRaw = true
    write("\u{1B}[?2004h")  // pastes come in brackets
    cursorRow = 0
  }

  func leaveRaw() {
    guard isRaw else { return }
    write("\u{1B}[?2004l")
    tcsetattr(STDIN_FILENO, TCSADRAIN, &cooked)
    isRaw = false
  }

  var columns: Int {
    var size = winsize()
    return ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
  }

  /// As `KeyReader.nextByte`.
  func nextByte(_ milliseconds: Int32?) -> Int? {
    if pending.isEmpty {
      var descriptor = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
      var ready = poll(&descriptor, 1, milliseconds ?? -1)
      while ready < 0, errno == EINTR { ready = poll(&descriptor, 1, milliseconds ?? -1) }
      guard ready > 0 else { return nil }
      var chunk = [UInt8](repeating: 0, count: 4096)
      let count = read(STDIN_FILENO, &chunk, chunk.count)
      guard count > 0 else { return -1 }
      pending = chunk[..<count].reversed()
    }
    return pending.popLast().map(Int.init)
  }

  func write(_ text: String) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR || errno == EAGAIN { continue }
      guard count > 0 else { return }
      bytes = bytes.dropFirst(count)
    }
  }

  /// Draws the text in place of what was drawn before.
  func draw(_ buffer: LineBuffer, prompt: String, continuation: String) {
    let columns = columns
    var output = cursorRow > 0 ? "\u{1B}[\(cursorRow)A" : ""
    output += "\r\u{1B}[J"
    var row = 0
    var place = (row: 0, column: 0)
    var position = 0
    let lines = buffer.text.split(separator: "\n", omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() {
      let head = index == 0 ? prompt : continuation
      output += (index > 0 ? "\r\n" : "") + head + line
      let start = Self.width(head)
      if (position...position + line.count).contains(buffer.cursor) {
        let before = start + Self.width(line.prefix(buffer.cursor - position))
        place = (row + before / columns, before % columns)
      }
      let width = start + Self.width(line)
      row += max(0, width - 1) / columns
      if width > 0, width % columns == 0, index == lines.count - 1 {
        output += "\r\n"  // the cursor waits at the margin
        row += 1
      }
      if index < lines.count - 1 { row += 1 }
      position += line.count + 1
    }
    if row > place.row { output += "\u{1B}[\(row - place.row)A" }
    output += "\r" + (place.column > 0 ? "\u{1B}[\(place.column)C" : "")
    cursorRow = place.row
    write(output)
  }

  /// Leaves the drawing as it is and goes below it.
  func finishDrawing(_ buffer: LineBuffer, prompt: String, continuation: String) {
    var end = buffer
    end.replaceAll(buffer.text)
    draw(end, prompt: prompt, continuation: continuation)
    write("\r\n")
    cursorRow = 0
  }

  /// Columns that a text takes, without the escape sequences in it.
  static func width(_ text: some StringProtocol) -> Int {
    var width = 0
    var isEscape = false
    for scalar in text.unicodeScalars {
      if scalar == "\u{1B}" {
        isEscape = true
      } else if isEscape {
        isEscape = !("a"..."z" ~= scalar || "A"..."Z" ~= scalar)
      } else {
        width += columns(of: scalar)
      }
    }
    return width
  }

  private static let wide: [ClosedRange<UInt32>] = [
    0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF,
    0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x20000...0x3FFFD,
  ]

  /// 0 for marks that join the letter before, 2 for East Asian letters and pictures, else 1.
  private static func columns(of scalar: Unicode.Scalar) -> Int {
    if scalar.value < 0x300 { return scalar.value < 0x20 ? 0 : 1 }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    default: break
    }
    return scalar.properties.isEmojiPresentation || wide.contains { $0.contains(scalar.value) } ? 2 : 1
  }
}
