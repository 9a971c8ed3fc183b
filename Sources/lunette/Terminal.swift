// `stdout` and `stderr` are variables of C, which Swift takes for shared state; only this file touches them.
@preconcurrency import Glibc
import Synchronization

/// What people see while a command runs. Only what a script prints goes to stdout.
enum Terminal {
  /// Whether somebody watches: then there are progress bars.
  static let isInteractive = isatty(STDERR_FILENO) == 1

  /// The first `errno` with which stdout took no more. What is printed after that is lost.
  static var printFailure: Int32? {
    let code = failedPrint.load(ordering: .relaxed)
    return code == 0 ? nil : code
  }
  private static let failedPrint = Atomic<Int32>(0)

  static func print(_ text: String) {
    guard printFailure == nil else { return }
    if text.utf8CString.withUnsafeBufferPointer({
      fwrite($0.baseAddress, 1, $0.count - 1, stdout) < $0.count - 1
    }) {
      failedPrint.store(errno, ordering: .relaxed)
    }
  }

  /// Text for stderr as it is, after what was printed before it.
  static func show(_ text: String) {
    flush()
    fputs(text, stderr)
    fflush(stderr)
  }

  /// One line of the command's own.
  static func note(_ text: String) { show("lunette: \(text)\n") }

  static func flush() {
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
