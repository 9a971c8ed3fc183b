/// Modules as `target_modules` names them: a regular expression of whole paths, or ends of paths.
struct LayerSelection: Sendable {
  enum Kind: Sendable {
    case pattern(PythonPattern)
    case ends([String])
  }
  let kind: Kind

  func contains(_ path: String) -> Bool {
    LayerSelection.names(of: path).contains { name in
      switch kind {
      case .pattern(let pattern): pattern.matchesWhole(name)
      case .ends(let ends): ends.contains { name == $0 || name.hasSuffix(".\($0)") }
      }
    }
  }

  /// The names of a layer: older versions of transformers put `text_model.` before those of text encoders.
  static func names(of path: String) -> [String] {
    let prefix = "text_model."
    return [path, path.hasPrefix(prefix) ? String(path.dropFirst(prefix.count)) : prefix + path]
  }
}
