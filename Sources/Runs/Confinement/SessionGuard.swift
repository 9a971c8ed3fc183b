import Scripting

/// The two that hold a plugin without grant: the process's own confinement, and its parent.
public final class SessionGuard: @unchecked Sendable {
  private let supervisor: Supervisor
  private weak var session: Session?
  private let onNote: @Sendable (String) -> Void
  private var isConfined = false

  init(_ seconds: Double, delivery: Delivery?, onNote: @escaping @Sendable (String) -> Void) throws {
    self.onNote = onNote
    supervisor = try Supervisor(seconds: seconds, delivery: delivery)
  }

  public func watch(_ session: Session) {
    self.session = session
    supervisor.follow(session)
  }

  /// Once for all sessions of the process: the first one's rules hold.
  public func confine(_ rules: ConfinementRules) throws {
    defer { if let session { supervisor.limit(session) } }
    guard !isConfined else { return }
    if let missing = Confinement.shortcomings { onNote("warning: \(missing)") }
    try Confinement.confine(rules)
    isConfined = true
  }
}
