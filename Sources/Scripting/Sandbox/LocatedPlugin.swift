import PluginPackages

/// A plugin that was found, and how far it is trusted.
public struct LocatedPlugin: Sendable, Equatable {
  public enum Trust: Sendable, Equatable {
    /// It came with the program.
    case shipped
    /// The user allows what its manifest asks for.
    case granted
    /// From elsewhere: it runs confined.
    case none
  }

  public let name: String
  /// Where it lies: `init.lua`, its modules, its folders, its rockspec.
  public let folder: String
  public let trust: Trust
  /// What it may do beyond the sandbox.
  public let capabilities: Set<Capability>

  public init(name: String, folder: String, trust: Trust, capabilities: Set<Capability> = []) {
    self.name = name
    self.folder = folder
    self.trust = trust
    self.capabilities = capabilities
  }
}
