import CConfinement
import Encoding
import Glibc
import Scripting

/// The parent of a run that may load plugins without grant: it ends what does not stop.
public struct Supervisor {
  /// How long code of scripts and plugins may run in one cell, what the program itself works apart.
  public static let defaultSeconds = 60.0
  /// How much longer a cell may take with that work: models, tensors.
  private static let share = 60.0
  /// How long a script has from the signal to the end.
  private static let grace = 3.0
  private static let signal = SIGXCPU

  private let watch: UnsafeMutablePointer<cf_watch>
  private let seconds: Double

  /// Forks: what follows runs in the child. The parent waits, and ends with the child's status.
  ///
  /// - Parameter delivery: what the parent writes for the child.
  init(seconds: Double, delivery: Delivery?) throws {
    let text = "lunette: ended: \(Self.reason(seconds)); it could not be stopped\n"
    var deadline = cf_deadline(
      seconds: seconds, all_seconds: Self.share * seconds, grace: Self.grace, signal: Self.signal,
      message: UnsafePointer(strdup(text)), take: nil, context: nil)
    if let delivery {
      // Kept for good: the parent never leaves.
      deadline.context = Unmanaged.passRetained(delivery).toOpaque()
      deadline.take = { context in
        guard let context else { return 1 }
        return Unmanaged<Delivery>.fromOpaque(context).takeUnretainedValue().take() ? 0 : 1
      }
    }
    guard let watch = cf_supervise(&deadline) else {
      throw RunError("no process to supervise plugins: \(String(cString: strerror(errno)))")
    }
    self.watch = watch
    self.seconds = seconds
    delivery?.onPut = { watch.pointee.delivered &+= 1 }
  }

  private static func reason(_ seconds: Double) -> String {
    "a plugin without grant is loaded, and this cell has used up its time: \(text(seconds)) s of Lua, "
      + "\(text(share * seconds)) s in all (--time-limit gives more, --trust lifts the limit)"
  }

  private static func text(_ seconds: Double) -> String {
    seconds == seconds.rounded() ? String(Int(seconds)) : String(seconds.rounded(to: 3))
  }

  /// From now on the session's time counts.
  func limit(_ session: Session) {
    session.limitOnSignal(Self.signal, reason: Self.reason(seconds))
    watch.pointee.limited = 1
  }

  /// Tells the parent when scripts run.
  func follow(_ session: Session) {
    session.noteRunning(in: UnsafeMutableRawPointer(watch).assumingMemoryBound(to: Int32.self)) {
      [watch] isRunning in
      if isRunning { watch.pointee.round &+= 1 }
      watch.pointee.in_cell = isRunning ? 1 : 0
    }
  }
}
