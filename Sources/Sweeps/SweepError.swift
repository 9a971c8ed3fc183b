/// What is wrong with a plan, or with what lies in a sweep's folder, in one line.
public struct SweepError: Error, Equatable, Sendable, CustomStringConvertible {
  public let description: String
  public init(_ description: String) { self.description = description }
}
