import CPlatform

/// Being asked to end (SIGINT, SIGTERM, SIGHUP, SIGQUIT), for who has something to finish first.
public enum Endings {
  /// From here on they are only noted. Calls nest.
  public static func hold() { cp_hold_endings() }

  /// The one that has come while they are held.
  public static var held: Int32? {
    let signal = cp_held_ending()
    return signal == 0 ? nil : signal
  }

  /// They have their effect again, and so has the one that came meanwhile.
  public static func release() { cp_release_endings() }
}
