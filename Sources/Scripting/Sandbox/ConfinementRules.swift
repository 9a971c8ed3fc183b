/// What a process is held to once a plugin without grant is loaded.
public struct ConfinementRules: Sendable, Equatable {
  /// The plugin that is about to be loaded.
  public let plugin: String
  /// Folders that the run still reads.
  public let readable: [String]
  /// Folders that it still writes.
  public let writable: [String]
}
