import Lua
import Platform

extension Bindings {
  /// `lunette.clock()`: seconds since some moment, for measuring; it never goes back.
  static func addClock(to lunette: LuaModule) throws {
    try lunette.function("clock()") { _ in Clock.now }
  }
}
