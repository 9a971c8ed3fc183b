import Glibc

/// What libraries read before `main`, and what can only be changed by starting again (a few milliseconds).
enum Restart {
  /// Comes back if nothing needs to change, or if the restart fails; then the program runs on as it is.
  static func ifNeeded() {
    // Both, whatever the first one says.
    let changes = [letThreadsSleep(), raiseStack()]
    if changes.contains(true) { execv("/proc/self/exe", CommandLine.unsafeArgv) }
  }

  /// How threads wait for each other between two kernels: libgomp lets them spin by default, which on a machine that does anything
  /// else costs twenty times the work itself, because the thread that is waited for does not get a core. Whoever sets either variable
  /// is left alone.
  private static func letThreadsSleep() -> Bool {
    guard getenv("OMP_WAIT_POLICY") == nil, getenv("GOMP_SPINCOUNT") == nil else { return false }
    return setenv("OMP_WAIT_POLICY", "passive", 1) == 0
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
