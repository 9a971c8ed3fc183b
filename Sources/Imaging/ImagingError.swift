/// What was wrong with a picture, in one line.
public struct ImagingError: Error, CustomStringConvertible, Equatable {
  public let message: String
  public init(_ message: String) { self.message = message }
  public var description: String { message }
}
