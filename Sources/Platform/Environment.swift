import Glibc

/// What the user's environment says.
public enum Environment {
  /// The value of a variable; nil where it is not set, or empty.
  public static subscript(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
  }

  /// Where programs keep a user's files: `$XDG_DATA_HOME`, by default `~/.local/share`; nil where nothing says it.
  public static var dataFolder: String? { self["XDG_DATA_HOME"] ?? self["HOME"].map { $0 + "/.local/share" } }

  /// Where this program keeps what it remembers from one session to the next: `$XDG_STATE_HOME/lunette`, by default
  /// `~/.local/state/lunette`; nil where nothing says it.
  public static var stateFolder: String? {
    (self["XDG_STATE_HOME"] ?? self["HOME"].map { $0 + "/.local/state" }).map { $0 + "/lunette" }
  }

  /// Where files for a while go: `$TMPDIR`, by default `/tmp`.
  public static var temporaryFolder: String { self["TMPDIR"] ?? "/tmp" }
}
