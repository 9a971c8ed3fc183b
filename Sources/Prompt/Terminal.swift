// `stdout` and `stderr` are variables of C, which Swift takes for shared state; only this file touches them.
import Encoding
@preconcurrency import Glibc
import Notebook
import Scripting
import Synchronization

/// What people see while a command runs. Only what a script prints goes to stdout.
public enum Terminal {
  /// Whether somebody watches: then there are progress bars.
  public static let isInteractive = isatty(STDERR_FILENO) == 1

  /// The first `errno` with which stdout took no more. What is printed after that is lost.
  public static var printFailure: Int32? {
    let code = failedPrint.load(ordering: .relaxed)
    return code == 0 ? nil : code
  }
  private static let failedPrint = Atomic<Int32>(0)

  public static func print(_ text: String) {
    guard printFailure == nil else { return }
    if text.utf8CString.withUnsafeBufferPointer({
      fwrite($0.baseAddress, 1, $0.count - 1, stdout) < $0.count - 1
    }) {
      failedPrint.store(errno, ordering: .relaxed)
    }
  }

  /// Text for stderr as it is, after what was printed before it.
  public static func show(_ text: String) {
    flush()
    fputs(text, stderr)
    fflush(stderr)
  }

  /// What a session prints: as it is, but where a plugin without grant is loaded and a terminal reads it, without what terminals obey.
  public static func print(_ text: String, of session: Session) {
    print(session.hasStrangers && isTerminal(STDOUT_FILENO) ? ANSI.harmless(text) : text)
  }

  /// The same for stderr.
  public static func show(_ text: String, of session: Session) {
    show(session.hasStrangers && isTerminal(STDERR_FILENO) ? ANSI.harmless(text) : text)
  }

  private static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

  /// One line of the command's own on stdout, whatever is quoted in it.
  public static func line(_ text: String) { print(text.oneLine + "\n") }

  /// One line of the command's own, whatever is quoted in it.
  public static func note(_ text: String) { show("lunette: \(text.oneLine)\n") }

  public static func flush() {
    if fflush(stdout) != 0, printFailure == nil { failedPrint.store(errno, ordering: .relaxed) }
  }

  static var width: Int { size.columns }
  static var height: Int { size.rows }

  private static var size: (columns: Int, rows: Int) {
    var size = winsize()
    let isKnown = ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 && size.ws_row > 0
    return isKnown ? (Int(size.ws_col), Int(size.ws_row)) : (80, 24)
  }
}
