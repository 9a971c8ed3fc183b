import Lua
import Sweeps
import Tensor

/// What commands do with the sweeps of a session.
extension Session {
  /// Where sweeps lie, whatever they say themselves: a command's `--out`.
  public var sweepFolder: String? {
    get { host.sweepFolder }
    set { host.sweepFolder = newValue }
  }

  /// Measures a sweep in so many processes of one thread (0 for one a core), when a script asks for that.
  public var measureSweep: ((ScriptSweep, _ workers: Int, _ retriesFailures: Bool) throws -> Void)? {
    get { host.measureSweep }
    set { host.measureSweep = newValue }
  }

  /// In such a process: called when a script comes to measure a sweep; answers whether that was the one, which is measured now.
  public var serveSweep: ((ScriptSweep) throws -> Bool)? {
    get { host.serveSweep }
    set { host.serveSweep = newValue }
  }

  /// Measures the items of one unit, from outside of any cell.
  public func measure(
    _ sweep: ScriptSweep, _ items: [(place: Int, item: SweepItem)]
  ) throws -> [SweepRecord] {
    onCell?(true)
    defer { onCell?(false) }
    nonisolated(unsafe) let lua = lua
    return try Interruption.$current.withValue(Interruption { try lua.checkInterrupt() }) {
      try sweep.measure(items, in: lua)
    }
  }
}
