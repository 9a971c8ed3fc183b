import Encoding

/// What a caller of the pipeline did wrong, in one line that names the argument, the site or the component.
public struct PipelineError: Error, CustomStringConvertible, Equatable, Sendable {
  public let message: String

  public init(_ message: String) { self.message = message.oneLine }

  public var description: String { message }
}
