// `stdout` and `stderr` are variables of C, which Swift takes for shared state; only this file touches them.
import Encoding
@preconcurrency import Glibc
import Notebook
import Scripting

/// What people see while a command runs. Only what a script prints goes to stdout.
enum Terminal {
  /// Whether somebody watches: then there are progress bars.
  static let isInteractive = isatty(STDERR_FILENO) == 1

  static func print(_ text: String) {
    fputs(text, stdout)
  }

  /// Text for stderr as it is, after what was printed before it.
  static func show(_ text: String) {
    fflush(stdout)
    fputs(text, stderr)
    fflush(stderr)
  }

  /// What a session prints: as it is, but where a plugin without grant is loaded and a terminal reads it, without what terminals obey.
  static func print(_ text: String, of session: Session) {
    print(session.hasStrangers && isTerminal(STDOUT_FILENO) ? ANSI.harmless(text) : text)
  }

  /// The same for stderr.
  static func show(_ text: String, of session: Session) {
    show(session.hasStrangers && isTerminal(STDERR_FILENO) ? ANSI.harmless(text) : text)
  }

  private static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

  /// One line of the command's own on stdout, whatever is quoted in it.
  static func line(_ text: String) { print(text.oneLine + "\n") }

  /// One line of the command's own, whatever is quoted in it.
  static func note(_ text: String) { show("lunette: \(text.oneLine)\n") }

  static func flush() { fflush(stdout) }

  static var width: Int { size.columns }
  static var height: Int { size.rows }

  private static var size: (columns: Int, rows: Int) {
    var size = winsize()
    let isKnown = ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 && size.ws_row > 0
    return isKnown ? (Int(size.ws_col), Int(size.ws_row)) : (80, 24)
  }
}
