import Glibc
import Platform
import PluginPackages

/// Where a model lies that a script calls by name.
public enum ModelLocator {
  /// - Parameter name: a folder in diffusers layout, a single file, or the name of a plugin that carries a model
  /// - Returns: the model's folder or file
  static func path(_ name: String, _ host: ScriptHost) throws -> String {
    guard Folder.exists(name) || access(name, F_OK) == 0 && (name.contains("/") || name.contains(".")) else {
      return try folder(name, host)
    }
    try check(name, host)
    return name
  }

  /// - Parameter name: a folder in diffusers layout, or the name of a plugin that carries a model.
  /// - Returns: the model's folder
  static func folder(_ name: String, _ host: ScriptHost) throws -> String {
    if Folder.exists(name) {
      try check(name, host)
      return name
    }
    if PluginName.isValid(name), let plugin = try host.plugins.find(name) {
      let model = "\(plugin.folder)/model"
      guard Folder.exists(model) else { throw ScriptingError("the plugin '\(name)' carries no model") }
      if plugin.trust != .shipped { try PluginFolder.checkLinks(below: model, of: plugin.folder) }
      return model
    }
    if access(name, F_OK) == 0 { throw ScriptingError("\(name) is not a folder") }
    let hint = name.contains("/") ? downloadHint(name) : Installation.absenceHint
    throw ScriptingError("there is no folder and no plugin '\(name)'\(hint)")
  }

  /// For a name that is not here and may be one of a repository of models, `owner/name`: nothing is downloaded, and how
  /// to get it.
  public static func downloadHint(_ name: String) -> String {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    let isRepository =
      parts.count == 2
      && parts.allSatisfy { part in
        !part.isEmpty && part.first != "." && part.first != "~"
          && part.utf8.allSatisfy {
            Character(UnicodeScalar($0)).isLetter || Character(UnicodeScalar($0)).isNumber
              || "-_.".utf8.contains($0)
          }
      }
    guard isRepository else { return "" }
    return "; Lunette downloads nothing: if this is a repository of the Hugging Face hub, get it with "
      + "'huggingface-cli download \(name) --local-dir \(parts[1])' and open the folder '\(parts[1])'"
  }

  /// What the user named for the run may be opened by all; plugins may be opened by name.
  private static func check(_ path: String, _ host: ScriptHost) throws {
    guard path != host.defaultModel else { return }
    try host.files.checkPlace(path)
  }
}

/// What goes wrong above the floors below, in one line.
public struct ScriptingError: Error, CustomStringConvertible, Equatable, Sendable {
  public let message: String
  public init(_ message: String) { self.message = message }
  public var description: String { message }
}
