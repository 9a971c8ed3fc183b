/// What a plugin may ask for beyond the sandbox, by a label of its manifest: `lunette:files`.
public enum Capability: String, CaseIterable, Sendable, Comparable {
  /// Lua's own `io.open`, `os.remove` …: any file that the user may open.
  case files
  /// `os.execute`, `io.popen`, `os.getenv`: any program that the user may run.
  case programs
  /// The whole `debug` library: everything in the session.
  case debug
  /// `lunette.native`: code that was compiled, in this very process.
  case native

  public static let prefix = "lunette:"
  public var label: String { Self.prefix + rawValue }

  /// For the user, before the grant.
  public var meaning: String {
    switch self {
    case .files: "read and write any of your files"
    case .programs: "run any program"
    case .debug: "change everything in the session"
    case .native: "run native code in the program itself, which can do all that you can"
    }
  }

  public static func < (a: Capability, b: Capability) -> Bool { a.rawValue < b.rawValue }
}
