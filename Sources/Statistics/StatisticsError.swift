/// Why a statistic cannot be had from what was given.
public struct StatisticsError: Error, CustomStringConvertible, Equatable, Sendable {
  public let description: String

  public init(_ description: String) { self.description = description }
}
