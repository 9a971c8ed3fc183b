import Encoding

/// What a caller of the pipeline did wrong, in one line that names the setting, the site or the component.
public struct PipelineError: Error, CustomStringConvertible, Equatable, Sendable {
  /// What a floor above can tell its users more of, in its own words.
  public enum Cause: Sendable, Equatable {
    /// The trace of the run was not asked for its unconditional half.
    case tracedWithoutUnconditional
    /// The trace of the run was asked for sums over the steps.
    case tracedInSum
    /// The trace was not asked for attention of this kind.
    case tracedWithoutSelfAttention, tracedWithoutCrossAttention
    /// The record of a patch holds one half of guidance, and the patch asked for both.
    case recordedOneHalf(isConditional: Bool)
    /// The picture that would have been recorded has not been looked at.
    case notDecoded
    /// An embedding's word is taken: the file must be given another.
    case tokenTaken
  }

  public let complaint: Complaint
  public let cause: Cause?

  public init(_ complaint: Complaint, cause: Cause? = nil) {
    self.complaint = complaint
    self.cause = cause
  }

  /// The settings that it is about.
  public var settings: [Setting] { complaint.settings }

  public var message: String { complaint.description }

  public var description: String { message }
}
