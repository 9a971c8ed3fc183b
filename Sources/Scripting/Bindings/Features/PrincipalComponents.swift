import Imaging
import Lua

extension Bindings {
  /// `linalg.pca`.
  static func addPrincipalComponents(to linalg: LuaModule) throws {
    try linalg.function("pca(x, {k})") { call in
      let x = try call.features(1)
      let most = min(x.shape[0], x.shape[1])
      let k: Int = try call["k"] ?? most
      guard (1...max(1, most)).contains(k) else {
        throw call.options.complaint("k", "integer from 1 to \(most) expected, got \(k)")
      }
      let found = try PrincipalComponents(x, k: k)
      return LuaFields([
        ("scores", found.scores), ("components", found.components), ("mean", found.mean),
        ("variance", found.variance), ("ratio", found.ratio),
      ])
    }
  }
}
