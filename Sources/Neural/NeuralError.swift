import Encoding
import Glibc
import Platform

/// What went wrong with a weight file, a configuration or a layer: one line that names the file or key, what was
/// expected and what was found.
public struct NeuralError: Error, CustomStringConvertible, Sendable, Equatable {
  public let message: String

  public init(_ message: String) { self.message = message.oneLine }

  public var description: String { message }

  /// A file that cannot be read.
  public init(_ error: FileError) {
    switch error.fault {
    case .system(ENOENT): self.init("\(error.path): no such file")
    case .system: self.init("\(error.path): cannot be read: \(error.reason)")
    default: self.init(error.description)
    }
  }
}
