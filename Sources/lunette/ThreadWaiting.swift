import Glibc

/// How threads wait for each other between two kernels.
///
/// libgomp lets them spin by default, which on a machine that does anything else costs twenty times the work itself: the
/// thread that is waited for does not get a core. It reads its settings before `main`, so that the only way to tell it is
/// to start again, once, with the variable set (a few milliseconds). Whoever sets either variable is left alone.
enum ThreadWaiting {
  static func settle() {
    guard getenv("OMP_WAIT_POLICY") == nil, getenv("GOMP_SPINCOUNT") == nil else { return }
    setenv("OMP_WAIT_POLICY", "passive", 1)
    raiseStack()
    // Comes back only if it fails; then the program runs on as it is.
    execv("/proc/self/exe", CommandLine.unsafeArgv)
  }

  /// A stack that somebody keeps small may grow to the usual size, if it may.
  private static func raiseStack() {
    let resource = __rlimit_resource_t(RLIMIT_STACK.rawValue)
    var limit = rlimit()
    guard getrlimit(resource, &limit) == 0, limit.rlim_cur < usualStack else { return }
    limit.rlim_cur = min(usualStack, limit.rlim_max)
    setrlimit(resource, &limit)
  }

  private static let usualStack: rlim_t = 8 << 20
}
