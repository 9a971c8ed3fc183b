import Glibc
import Lua

extension Bindings {
  /// `lunette.clock()`: seconds since some moment, for measuring; it never goes back.
  static func addClock(to lunette: LuaModule) throws {
    try lunette.function("clock()") { _ in
      var now = timespec()
      clock_gettime(CLOCK_MONOTONIC, &now)
      return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
    }
  }
}
