import Lua
import Models
import Tensor

/// What a run recorded, as scripts hold it.
final class LuaRecord: LuaUserdata {
  static let luaName = "record"
  let record: Record

  init(_ record: Record) { self.record = record }

  var luaMemory: (owner: AnyObject, bytes: Int)? { (record, record.byteCount) }

  static func describe(_ type: LuaType<LuaRecord>) throws {
    try type.method("sites(pattern?)") { record, call in
      let pattern = try call.argument(1, as: SitePatternArgument?.self)?.pattern
      return record.record.names.filter { pattern?.matches($0) ?? true }.map {
        RecordedSite(name: $0, record: record.record)
      }
    }
    try type.method("get(site, {step, index, cond, input, tile, chunk})") { record, call in
      let name = try record.site(call)
      return try record.record.value(name, record.choice(call))
    }
    try type.method("mean(site, {step, index, cond, input, tile, chunk})") { record, call in
      let name = try record.site(call)
      let value = try record.record.value(name, record.choice(call))
      guard let info = record.record.info(name) else { return value }
      let extra = value.rank - info.rowRank
      let dims = (0..<extra) + info.positionDimensions.map { $0 + extra }
      return dims.isEmpty ? value : try value.mean(dims: Array(dims))
    }
    try type.metamethod("__len") { record, _ in record.record.names.count }
    try type.metamethod("__tostring") { record, _ in
      let (sites, bytes) = (record.record.names.count, record.record.byteCount)
      return "record of \(sites) site\(sites == 1 ? "" : "s"), \((bytes + 1023) / 1024) KiB"
    }
  }

  private func site(_ call: LuaCall) throws -> String {
    do { return try record.site(call[1]) } catch let error as PipelineError {
      throw LuaArgumentError(1, Wording.text(of: error))
    }
  }

  private func choice(_ call: LuaCall) throws -> Record.Choice {
    var choice = Record.Choice()
    choice.step = try call["step"]
    choice.conditional = try call["cond"] ?? true
    choice.tile = try call["tile"]
    if let index: Int = try call["index"] {
      guard index >= 1 else { throw call.options.complaint("index", "pictures count from 1, got \(index)") }
      choice.sample = index - 1
    }
    if let chunk: Int = try call["chunk"] {
      guard chunk >= 1 else { throw call.options.complaint("chunk", "chunks count from 1, got \(chunk)") }
      choice.chunk = chunk - 1
    }
    if let name: String = try call["input"] {
      guard let input = Site.Input(rawValue: name) else {
        throw call.options.complaint("input", "one of \(Site.Input.names) expected, got '\(name)'")
      }
      choice.input = input
    }
    return choice
  }
}

extension Site.Input {
  fileprivate static var names: String { allCases.map { "'\($0.rawValue)'" }.joined(separator: ", ") }
}

/// A site of a record, with the steps of which it holds values.
private struct RecordedSite: LuaPushable {
  let name: String
  let record: Record

  func push(to state: LuaState) throws {
    let info = record.info(name)
    try LuaFields([
      ("name", name), ("kind", info?.kind.rawValue), ("shape", info?.shape), ("heads", info?.heads),
      ("width", info?.width), ("steps", record.hasSteps ? record.steps(of: name) : nil),
    ]).push(to: state)
  }
}
