import CConfinement
import Glibc
import Platform
import Scripting

/// What the kernel offers to hold a process, and what is used of it.
public struct Confinement: OptionSet, Sendable {
  public let rawValue: Int32

  public init(rawValue: Int32) { self.rawValue = rawValue }

  public static let files = Confinement(rawValue: Int32(CF_FILES))
  public static let network = Confinement(rawValue: Int32(CF_NETWORK))
  public static let systemCalls = Confinement(rawValue: Int32(CF_SYSTEM_CALLS))
  public static let limits = Confinement(rawValue: Int32(CF_LIMITS))

  /// What this kernel offers. In a debug build, `LUNETTE_WITHOUT=landlock,seccomp` pretends that it offers less, for tests.
  public static var offered: Confinement {
    var offered: Confinement = .limits
    #if DEBUG
      let missing = Environment["LUNETTE_WITHOUT"] ?? ""
    #else
      let missing = ""
    #endif
    if cf_landlock_version() > 0, !missing.contains("landlock") { offered.insert(.files) }
    if cf_has_seccomp() != 0, !missing.contains("seccomp") { offered.insert(.systemCalls) }
    return offered
  }

  /// What a process that is confined like this can still do, tried: "read files", "run programs".
  public var holes: [String] {
    let can = cf_try(rawValue)
    guard can >= 0 else { return ["everything: it cannot be confined"] }
    let names: [(Int, String)] = [
      (CF_CAN_READ, "read files"), (CF_CAN_WRITE, "write files"), (CF_CAN_CONNECT, "use the network"),
      (CF_CAN_FORK, "start processes"), (CF_CAN_EXECUTE, "run programs"),
      (CF_CAN_SIGNAL, "stop other processes"),
    ]
    return names.filter { Int(can) & $0.0 != 0 }.map(\.1)
  }

  public static var landlockVersion: Int { Int(cf_landlock_version()) }

  /// What is missing on this machine, for people; nil when nothing is.
  static var shortcomings: String? {
    let offered = offered
    var missing: [String] = []
    if !offered.contains(.files) { missing.append("files (no Landlock)") }
    if !offered.contains(.systemCalls) { missing.append("programs and network (no seccomp)") }
    guard !missing.isEmpty else { return nil }
    return "this kernel does not guard \(missing.joined(separator: " and ")) against plugins without grant"
  }

  /// Holds the process, for good. Throws when it cannot be done: then nothing of the plugin may run.
  static func confine(_ rules: ConfinementRules) throws {
    var places = system.map { (path: $0, isWritable: false) }
    let own = [Installation.root, Installation.libraryFolder].compactMap(\.self)
    places += (own + rules.readable).map { ($0, false) }
    places += rules.writable.map { ($0, true) }
    places.append(("/dev/null", true))
    // A file that grows past its limit is an error to report, not a reason to die.
    signal(SIGXFSZ, SIG_IGN)
    let texts = places.map { strdup($0.path) }
    defer { texts.forEach { free($0) } }
    let list = zip(texts, places).map { cf_place(path: $0, writable: $1.isWritable ? 1 : 0) }
    var limits = cf_limits(file_bytes: 4 << 30, memory_bytes: UInt64(max(1 << 30, Machine.memory / 4 * 3)))
    guard cf_confine(list, list.count, &limits, offered.rawValue) >= 0 else {
      let reason = String(cString: strerror(errno))
      throw ScriptingError(
        "the plugin '\(rules.plugin)' has no grant, and the process cannot be confined: \(reason)")
    }
  }

  /// What a running program still reads of the system: libraries that it opens late, fonts, time zones, the processor.
  private static let system = [
    "/usr/lib", "/usr/lib64", "/lib", "/lib64", "/usr/share", "/etc/fonts", "/etc/ld.so.cache",
    "/etc/localtime",
    "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/sys/devices/system/cpu", "/sys/fs/cgroup",
    "/dev/urandom",
  ]
}
