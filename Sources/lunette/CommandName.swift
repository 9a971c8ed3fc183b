import ArgumentParser
import Lua

/// The names of commands as they were typed, checked before the rest is read: the parser would only say that a word is
/// unexpected.
enum CommandName {
  /// - Throws: `ValidationError` that names the nearest command for a word that is none.
  static func check(_ arguments: [String]) throws {
    var command: any ParsableCommand.Type = Lunette.self
    var path = "lunette"
    for word in arguments {
      let subcommands = command.configuration.subcommands
      guard !subcommands.isEmpty, !word.hasPrefix("-") else { return }
      if let next = subcommands.first(where: { $0._commandName == word }) {
        command = next
        path += " " + word
        continue
      }
      guard word != "help" else { return }
      let known = subcommands.map { $0._commandName }
      let hint =
        nearestName(to: word, among: known).map { "; did you mean '\(path) \($0)'?" }
        ?? "; there are \(known.joined(separator: ", "))"
      throw ValidationError("'\(word)' is not a command of \(path)\(hint)")
    }
  }
}
