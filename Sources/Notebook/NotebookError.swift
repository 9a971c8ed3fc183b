import Encoding

/// What was wrong with a document, in one sentence.
public struct NotebookError: Error, Sendable, Equatable, CustomStringConvertible {
  public let message: String
  public init(_ message: String) { self.message = message.oneLine }
  public var description: String { message }
}
