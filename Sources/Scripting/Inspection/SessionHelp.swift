import Lua
import LuaSyntax
import Notebook

extension Session {
  /// What the reference says about a name (`svd`, `linalg.svd`, `tensor:sum`), about a path to a bound value
  /// (`model.generate` where `model` is a variable) or about a module or type; nil if it says nothing.
  public func help(on name: String) -> MIMEBundle? {
    let documentation = self.documentation(for: name)
    let text = LuaText(Array(name.utf8))
    if let path = text.path(endingAt: text.tokens.count - 1),
      let found = referenceName(of: path), let bundle = Self.bundle(documentation, found)
    {
      return bundle
    }
    return Self.bundle(documentation, name)
  }

  /// The help for what stands at `cursor` (an offset into UTF-8): the path there, or the function being called.
  public func inspect(_ source: String, at cursor: Int) -> MIMEBundle? {
    let text = LuaText(Array(source.utf8))
    // Between a name and a bracket, both touch the cursor: the name is meant.
    let touching = text.tokens.indices.last {
      text.tokens[$0].range.lowerBound <= cursor && cursor <= text.tokens[$0].range.upperBound
        && text.isName($0)
    }
    if let touching, let bundle = inspect(text, endingAt: touching) { return bundle }
    let before = text.tokens.prefix { $0.range.upperBound <= cursor }.count
    var bracket = text.openBracket(before: before)
    while let open = bracket {
      if let bundle = inspect(text, endingAt: open - 1) { return bundle }
      bracket = text.openBracket(before: open)
    }
    return nil
  }

  private func inspect(_ text: LuaText, endingAt index: Int) -> MIMEBundle? {
    guard let path = text.path(endingAt: index) else { return nil }
    let documentation = self.documentation()
    if let name = referenceName(of: path), let bundle = Self.bundle(documentation, name) { return bundle }
    return try? withValue(at: path) { try bundle(of: $0) }
  }

  /// The name by which the reference calls what lies at a path.
  private func referenceName(of path: LuaPath) -> String? {
    if let (parent, step) = path.parent, let name = step.name,
      let type = (try? withValue(at: parent, { $0.members?.type })) ?? nil
    {
      let type = Self.pageName(type)
      return Documentation.installed.entry(named: "\(type):\(name)") == nil
        ? "\(type).\(name)" : "\(type):\(name)"
    }
    if let (parent, step) = path.parent, let name = step.name,
      let module = (try? withValue(at: parent) { plugins?.moduleName(of: $0) }) ?? nil
    {
      return "\(module).\(name)"
    }
    let found = try? withValue(at: path) { slot -> String? in
      if let members = slot.members { return Self.pageName(members.type) }
      if slot.signature != nil {
        return try boundFunctions().first { $0.address == slot.address }?.name
      }
      return try moduleName(of: slot)
    }
    return (found ?? nil) ?? nil
  }

  private func moduleName(of slot: LuaSlot) throws -> String? {
    guard slot.kind == .table, let address = slot.address else { return nil }
    if let plugin = plugins?.moduleName(of: slot) { return plugin }
    return try lua.globals.withSlot { globals in
      try globals.withRawField("lunette") { lunette -> String? in
        if lunette.address == address { return "lunette" }
        guard lunette.kind == .table else { return nil }
        var name: String?
        try lunette.forEachPair { if $1.kind == .table, $1.address == address { name = $0.string } }
        return name
      }
    }
  }

  private static func pageName(_ type: String) -> String { type == "data table" ? "table" : type }

  private static func bundle(_ documentation: Documentation, _ name: String) -> MIMEBundle? {
    let entries = documentation.entries(matching: name)
    if let page = documentation.page(named: name), documentation.entry(named: name) == nil {
      let names = page.entries.flatMap(\.signatures)
      var bundle = MIMEBundle(
        plain: page.introduction + "\n" + names.map { "    \($0)\n" }.joined())
      bundle[.markdown] = .text(page.introduction + "\n\n" + names.map { "- `\($0)`\n" }.joined())
      return bundle
    }
    guard !entries.isEmpty else { return nil }
    var bundle = MIMEBundle(plain: entries.map(\.plainText).joined(separator: "\n\n"))
    bundle[.markdown] = .text(entries.map(\.markdown).joined(separator: "\n\n---\n\n"))
    return bundle
  }

  /// `lunette.help`.
  func bindHelp(_ lunette: LuaModule) throws {
    try lunette.function("help(what)") { [weak self] call -> LuaHelp in
      guard let self else { return LuaHelp(bundle: MIMEBundle()) }
      let name = try self.helpName(of: call.slot(1))
      let documentation = self.documentation(for: name)
      guard let bundle = Self.bundle(documentation, name) else {
        let hint = documentation.suggestion(for: name).map { "; did you mean '\($0)'?" } ?? ""
        throw LuaArgumentError(1, "there is no entry '\(name)'\(hint)")
      }
      return LuaHelp(bundle: bundle)
    }
  }

  private func helpName(of slot: LuaSlot) throws -> String {
    if let members = slot.members { return Self.pageName(members.type) }
    if slot.signature != nil, let known = try boundFunctions().first(where: { $0.address == slot.address }) {
      return known.name
    }
    if slot.kind == .table, let name = try moduleName(of: slot) { return name }
    guard let name = slot.string else {
      throw LuaArgumentError(1, "a name or something of Lunette's expected, got \(slot.described)")
    }
    return name
  }
}

/// An entry of the reference, as scripts hold it.
struct LuaHelp: Displayable {
  static let luaName = "help"
  let bundle: MIMEBundle

  func mimeBundle() throws -> MIMEBundle { bundle }

  static func describe(_ type: LuaType<LuaHelp>) throws {
    try type.metamethod("__tostring") { help, _ in help.bundle.plainText ?? "" }
    try type.showsItself()
  }
}
