import Glibc

/// Where a model lies that a script calls by name.
enum ModelLocator {
  /// - Parameter name: a folder in diffusers layout, or the name of a plugin that carries a model.
  /// - Returns: the model's folder
  static func folder(_ name: String) throws -> String {
    if isFolder(name) { return name }
    if let plugin = Installation.plugin(named: name) {
      guard isFolder("\(plugin)/model") else { throw ScriptingError("the plugin '\(name)' carries no model") }
      return "\(plugin)/model"
    }
    if access(name, F_OK) == 0 {
      throw ScriptingError(
        name.hasSuffix(".safetensors")
          ? "\(name) is a single file; only folders in diffusers layout can be read so far"
          : "\(name) is not a folder")
    }
    throw ScriptingError("there is no folder and no plugin '\(name)'")
  }

  private static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }
}

/// What goes wrong above the floors below, in one line.
public struct ScriptingError: Error, CustomStringConvertible, Equatable, Sendable {
  public let message: String
  public init(_ message: String) { self.message = message }
  public var description: String { message }
}
