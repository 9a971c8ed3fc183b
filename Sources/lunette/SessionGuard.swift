import Scripting

/// The two that hold a plugin without grant: the process's own confinement, and its parent.
final class SessionGuard: @unchecked Sendable {
  private let supervisor: Supervisor
  private weak var session: Session?
  private var isConfined = false

  init(_ seconds: Double?, delivery: Delivery? = nil) throws {
    supervisor = try Supervisor(seconds: seconds ?? Supervisor.defaultSeconds, delivery: delivery)
  }

  func watch(_ session: Session) {
    self.session = session
    supervisor.follow(session)
  }

  /// Once for all sessions of the process: the first one's rules hold.
  func confine(_ rules: ConfinementRules) throws {
    defer { if let session { supervisor.limit(session) } }
    guard !isConfined else { return }
    if let missing = Confinement.shortcomings { Terminal.note("warning: \(missing)") }
    try Confinement.confine(rules)
    isConfined = true
  }
}
