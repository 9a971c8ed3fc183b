import Lua
import Models

extension LuaModel {
  /// `model:sites(pattern)`: what there is to look at.
  static func describeSites(_ type: LuaType<LuaModel>) throws {
    try type.method("sites(pattern?)") { model, call in
      let all = try model.pipeline.sites().sites
      guard !call.slot(1).isNothing else { return all.map(LuaSiteInfo.init) }
      let pattern = try call.argument(1, as: SitePatternArgument.self).pattern
      let found = all.filter { pattern.matches($0.name) }
      guard found.isEmpty else { return found.map(LuaSiteInfo.init) }
      let nearest = pattern.nearest(in: all.map(\.name)).map { "'\($0)'" }.joined(separator: ", ")
      throw LuaArgumentError(1, "'\(pattern)' matches no site; the nearest are \(nearest)")
    }
  }
}

/// A pattern of sites.
struct SitePatternArgument: LuaReadable {
  let pattern: SitePattern

  static func read(_ slot: LuaSlot) throws -> SitePatternArgument {
    do { return SitePatternArgument(pattern: try SitePattern(String.read(slot))) } catch let error
      as PipelineError
    { throw LuaMismatch(Wording.text(of: error)) }
  }
}

/// A pattern of sites, or a list of them.
struct SitePatterns: LuaReadable {
  let patterns: [SitePattern]

  static func read(_ slot: LuaSlot) throws -> SitePatterns {
    guard slot.kind == .table else {
      return SitePatterns(patterns: [try SitePatternArgument.read(slot).pattern])
    }
    let patterns = try [SitePatternArgument].read(slot).map(\.pattern)
    guard !patterns.isEmpty else {
      throw LuaMismatch("at least one pattern of sites expected, got an empty list")
    }
    return SitePatterns(patterns: patterns)
  }
}

/// A site in words, as a table.
struct LuaSiteInfo: LuaPushable {
  let info: SiteInfo

  func push(to state: LuaState) throws {
    try LuaFields([
      ("name", info.name), ("kind", info.kind.rawValue), ("shape", info.shape), ("heads", info.heads),
      ("width", info.width), ("aliases", SiteAliases.of(info.name)),
    ]).push(to: state)
  }
}
