import CPlatform
import Glibc

/// The terminal under a prompt: raw input, and the drawing of the text that is being edited.
final class Screen {
  private var cooked = termios()
  private var isRaw = false
  /// The row of the drawing, from 0, on which the cursor was left.
  private var cursorRow = 0
  private var pending: [UInt8] = []
  /// How wide the terminal was when the text was drawn.
  private var drawnColumns = 0
  /// Draws the text again: the terminal has another width.
  var onResize: () -> Void = {}

  /// Keys come one by one, and Ctrl-C is a key.
  func enterRaw() {
    guard !isRaw, tcgetattr(STDIN_FILENO, &cooked) == 0 else { return }
    var raw = cooked
    raw.c_lflag &= ~tcflag_t(ICANON | ECHO | ISIG | IEXTEN)
    raw.c_iflag &= ~tcflag_t(IXON | ICRNL | INLCR)
    cp_restore_terminal_on_endings(STDIN_FILENO, &cooked, STDOUT_FILENO, Self.leaving)
    tcsetattr(STDIN_FILENO, TCSADRAIN, &raw)
    isRaw = true
    // Heard of only to wake `poll`; without SA_RESTART.
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { _ in }
    sigaction(SIGWINCH, &action, nil)
    write("\u{1B}[?2004h")  // pastes come in brackets
    (cursorRow, drawnColumns) = (0, columns)
  }

  func leaveRaw() {
    guard isRaw else { return }
    write("\u{1B}[?2004l")
    tcsetattr(STDIN_FILENO, TCSADRAIN, &cooked)
    cp_leave_terminal()
    isRaw = false
  }

  /// Kept for good, as a signal may want it at any time.
  nonisolated(unsafe) private static let leaving = UnsafePointer(strdup("\u{1B}[?2004l\r\n"))

  var columns: Int {
    var size = winsize()
    return ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
  }

  /// As `KeyReader.nextByte`.
  func nextByte(_ milliseconds: Int32?) -> Int? {
    if pending.isEmpty {
      var descriptor = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
      var ready = poll(&descriptor, 1, milliseconds ?? -1)
      while ready < 0, errno == EINTR {
        if columns != drawnColumns { onResize() }
        ready = poll(&descriptor, 1, milliseconds ?? -1)
      }
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
    let drawing = TextDrawing(buffer, prompt: prompt, continuation: continuation, columns: columns)
    // Terminals break the lines of what is shown anew when their width changes.
    if drawnColumns != drawing.columns { cursorRow = drawing.cursor.row }
    drawnColumns = drawing.columns
    let place = drawing.cursor
    var output = cursorRow > 0 ? "\u{1B}[\(cursorRow)A" : ""
    output += "\r\u{1B}[J" + drawing.text
    if drawing.lastRow > place.row { output += "\u{1B}[\(drawing.lastRow - place.row)A" }
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
}
