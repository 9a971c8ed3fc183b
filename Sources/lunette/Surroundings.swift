import Glibc

/// What the program finds around it when it starts: where it cannot work, it says so instead of failing somewhere.
enum Surroundings {
  /// Threads that would be of use to nobody, and more than that of harm.
  private static let mostThreads = 1024
  /// Below that, what Lua nests as deeply as it may would end the process.
  private static let leastStack = 1 << 20

  /// A file that is opened while stdin, stdout or stderr is closed would take its place, and what is printed would go into it. In the
  /// place of each stands what cannot be read or written, so that it is an error still.
  static func openStandardFiles() {
    for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
      _ = open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
    }
  }

  /// Some launchers (threads of dispatch queues) hand on that all signals are blocked: then nothing could end the program or Git.
  static func unblockSignals() {
    var none = sigset_t()
    sigemptyset(&none)
    sigprocmask(SIG_SETMASK, &none, nil)
    // Swift's backtracer takes SIGQUIT as well, and the program goes on after it.
    var quitting = sigaction()
    sigaction(SIGQUIT, nil, &quitting)
    if quitting.__sigaction_handler.sa_handler.map({ unsafeBitCast($0, to: Int.self) }) != 1 {  // SIG_IGN
      signal(SIGQUIT, SIG_DFL)
    }
  }

  static func checkStack() throws {
    var limit = rlimit()
    if getrlimit(__rlimit_resource_t(RLIMIT_STACK.rawValue), &limit) == 0, limit.rlim_cur < leastStack {
      throw CommandError(
        "the stack may have \(limit.rlim_cur >> 10) KB here and \(leastStack >> 10) KB are needed (ulimit -s)"
      )
    }
  }

  /// Either variable says with how many threads to compute; `OMP_NUM_THREADS` may be a list, for each level of nesting.
  static func checkThreads() throws {
    try checkThreads("LUNETTE_THREADS", isList: false)
    try checkThreads("OMP_NUM_THREADS", isList: true)
  }

  private static func checkThreads(_ name: String, isList: Bool) throws {
    guard let value = getenv(name).map({ String(cString: $0) }) else { return }
    guard !value.isEmpty else {
      unsetenv(name)  // libgomp would complain of it
      return
    }
    for part in value.split(separator: isList ? "," : "\0", omittingEmptySubsequences: false) {
      let digits = part.drop { $0 == " " }.prefix { $0 != " " }
      guard let count = Int(digits), count > 0, count <= mostThreads else {
        throw CommandError("\(name): a number of threads from 1 to \(mostThreads) expected, got '\(value)'")
      }
    }
  }
}
