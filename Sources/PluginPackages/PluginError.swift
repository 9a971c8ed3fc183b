import Encoding

/// What is wrong with a plugin, its manifest or its archive, in one line.
public struct PluginError: Error, CustomStringConvertible, Equatable, Sendable {
  public let message: String
  public init(_ message: String) { self.message = message.oneLine(of: 2000) }
  public var description: String { message }
}
