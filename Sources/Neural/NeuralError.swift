import Encoding

/// What went wrong with a weight file, a configuration or a layer: one line that names the file or key, what was
/// expected and what was found.
public struct NeuralError: Error, CustomStringConvertible, Sendable, Equatable {
  public let message: String

  public init(_ message: String) { self.message = message.oneLine }

  public var description: String { message }
}
