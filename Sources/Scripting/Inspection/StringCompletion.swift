import Families
import Imaging
import LuaSyntax
import PluginPackages
import Sampling

/// What may stand between quotes, where more is known of it than that it may be a file: schedulers, colour maps, plugins, sites.
extension Session {
  /// - Parameter string: the token that is being written, in quotes that are not closed
  /// - Returns: nil where any text may stand
  func completeString(_ text: LuaText, at string: Int, _ cursor: Int) -> Completion? {
    let start = text.tokens[string].range.lowerBound + 1
    guard start <= cursor, let place = stringPlace(text, before: string) else { return nil }
    let typed = String(decoding: text.bytes[start..<cursor], as: UTF8.self)
    let candidates: [String]
    switch place {
    case .scheduler: candidates = SchedulerRegistry.names
    case .colors: candidates = ColorMap.all.map(\.name)
    case .plugin: candidates = ["lunette"] + ((try? lua.scriptHost)?.plugins.names ?? [])
    case .site: return Completion(range: start..<cursor, candidates: Self.byComponent(siteNames(), typed))
    }
    return Completion(
      range: start..<cursor, candidates: Set(candidates).filter { $0.hasPrefix(typed) }.sorted())
  }

  private enum StringPlace { case scheduler, colors, plugin, site }

  /// The option or the function that a string belongs to: `name =` before it, or before a list around it, or the call.
  private func stringPlace(_ text: LuaText, before string: Int) -> StringPlace? {
    var index = string
    for depth in 0..<4 {
      switch text.text(index - 1) {
      case "=":
        let key = text.text(index - 2)
        if key == "name", let brace = text.openBracket(before: index - 2) { return owner(text, of: brace) }
        return Self.place(ofOption: key)
      case "require" where depth == 0: return .plugin
      case "(" where depth == 0: return Self.place(ofFunction: text.text(index - 2))
      case "{", ",", ";":
        guard let bracket = text.openBracket(before: index) else { return nil }
        guard text.text(bracket) == "{" else { return nil }
        index = bracket
      default: return nil
      }
    }
    return nil
  }

  /// `name` is that of a scheduler in `scheduler = { … }` and in `model:scheduler{ … }`.
  private func owner(_ text: LuaText, of brace: Int) -> StringPlace? {
    let before = text.text(brace - 1) == "(" ? brace - 2 : brace - 1
    if text.text(before) == "=" {
      return Self.place(ofOption: text.text(before - 1)) == .scheduler ? .scheduler : nil
    }
    return text.text(before) == "scheduler" ? .scheduler : nil
  }

  private static func place(ofOption key: String) -> StringPlace? {
    switch key {
    case "scheduler": .scheduler
    case "colors": .colors
    case "sites", "record", "layers", "hooks": .site
    default: nil
    }
  }

  private static func place(ofFunction name: String) -> StringPlace? {
    switch name {
    case "require": .plugin
    case "sites": .site
    default: nil
    }
  }

  /// The sites of the session's models.
  private func siteNames() -> [String] {
    var seen: Set<String> = []
    return models.flatMap { (try? $0.pipeline.sites().names) ?? [] }.filter { seen.insert($0).inserted }
  }

  /// The models that variables hold.
  var models: [LuaModel] {
    variables.compactMap { name in
      (try? withValue(at: LuaPath(head: name)) { try? LuaModel.read($0) })?.flatMap(\.self)
    }
  }

  /// Names that begin with what is typed, up to the end of the component that it stands in.
  private static func byComponent(_ names: [String], _ typed: String) -> [String] {
    let next = names.filter { $0.hasPrefix(typed) }.map { name in
      let rest = name.dropFirst(typed.count)
      guard let dot = rest.dropFirst().firstIndex(of: ".") else { return name }
      return String(name[...dot])
    }
    return Set(next).sorted()
  }
}
