/// What went wrong in a tensor operation, in one line that a script's author can act on.
public struct TensorError: Error, CustomStringConvertible, Equatable {
  public let message: String

  public init(_ message: String) {
    self.message = message
  }

  public var description: String { message }
}
