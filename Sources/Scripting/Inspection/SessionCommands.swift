import Lua
import LuaSyntax

/// Commands at the prompt that plugins bring along: `repl_commands` of their extensions, `:plugin.name` or, once the plugin is
/// loaded and nobody else has one of that name, `:name`.
extension Session {
  public struct PromptCommand: Sendable, Equatable {
    /// `plugin.name`
    public let name: String
    public let summary: String
    public var shortName: Substring { name.drop { $0 != "." }.dropFirst() }
  }

  /// Those of the plugins that were loaded.
  public var promptCommands: [PromptCommand] {
    (plugins?.loadedExtensions("repl_commands") ?? []).map {
      PromptCommand(name: $0.name, summary: $0.summary)
    }
  }

  /// The commands that a plugin brings for the command line, with their summaries.
  public func commands(ofPlugin name: String) throws -> [(name: String, summary: String)] {
    try plugins?.summaries("commands", of: name) ?? []
  }

  /// The full name of a command, nil if there is none of that name.
  ///
  /// - Throws: if several plugins have a command of this short name.
  public func promptCommand(named name: String) throws -> String? {
    if name.contains(".") { return try plugins?.locate(name).map { _ in name } ?? nil }
    let found = promptCommands.filter { $0.shortName == name }.map(\.name)
    guard found.count < 2 else {
      throw ScriptingError("':\(name)' may be any of \(found.map { ":" + $0 }.joined(separator: ", "))")
    }
    return found.first
  }

  /// The Lua that runs a command with the rest of its line.
  public func promptCommandSource(_ name: String, _ argument: String) -> String {
    "return lunette.extension(\"repl_commands\", \(name.quotedForLua())).run(\(argument.quotedForLua()))"
  }
}
