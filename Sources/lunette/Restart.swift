import Glibc

/// What the system fixes when a program starts, and what can only be changed by starting again (a few milliseconds).
enum Restart {
  /// Comes back if nothing needs to change, or if the restart fails; then the program runs on as it is.
  static func ifNeeded() {
    if raiseStack() { execv("/proc/self/exe", CommandLine.unsafeArgv) }
  }

  /// A stack that somebody keeps small may grow to the usual size, if it may; new threads get what the limit was at the start.
  private static func raiseStack() -> Bool {
    let resource = __rlimit_resource_t(RLIMIT_STACK.rawValue)
    var limit = rlimit()
    guard getrlimit(resource, &limit) == 0 else { return false }
    let raised = min(usualStack, limit.rlim_max)
    guard limit.rlim_cur < raised else { return false }
    limit.rlim_cur = raised
    return setrlimit(resource, &limit) == 0
  }

  private static let usualStack: rlim_t = 8 << 20
}
