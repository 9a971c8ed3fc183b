import Encoding
import Lua
import Sampling

/// The option `scheduler`: a name, or a table of a name and settings by the names that diffusers gives them.
enum SchedulerArgument {
  static func read(_ options: LuaOptions) throws -> (name: String?, settings: JSON.Object) {
    if try options.read("scheduler", { $0.kind }) != .table {
      return (try options["scheduler"], JSON.Object())
    }
    guard let table = try options.table("scheduler", keys: ["name"] + SchedulerRegistry.settings) else {
      return (nil, JSON.Object())
    }
    return try read(settings: table)
  }

  /// The name and the settings that a table holds.
  static func read(settings table: LuaOptions) throws -> (name: String?, settings: JSON.Object) {
    var settings = JSON.Object()
    for key in SchedulerRegistry.settings where try table.has(key) {
      settings[key] = try table.read(key) { slot in
        switch slot.kind {
        case .boolean: .bool(try Bool.read(slot))
        case .number: .number(try Double.read(slot))
        case .string: .string(try String.read(slot))
        default: .array(try [Double].read(slot).map { .number($0) })
        }
      }
    }
    return (try table["name"], settings)
  }
}
