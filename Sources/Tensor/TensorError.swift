/// What went wrong in a tensor operation, in one line.
public struct TensorError: Error, CustomStringConvertible, Equatable {
  /// What a floor above can tell its users more of, in its own words.
  public enum Cause: Sendable, Equatable {
    /// A gradient was asked for where the tape does not lead.
    case notRecorded
    /// The tape was differentiated before, and not kept.
    case tapeSpent
    /// Numbers would be written in place that the tape leads to.
    case losesGradient
  }

  public let message: String
  public let cause: Cause?

  public init(_ message: String, cause: Cause? = nil) {
    self.message = message
    self.cause = cause
  }

  public var description: String { message }
}
