import Imaging
import Lua
import Tensor

extension Bindings {
  /// `lunette.cluster`: groups of points, and points that lie far apart.
  static func addClustering(to lunette: LuaModule) throws {
    let cluster = try lunette.module("cluster")
    try cluster.function("kmeans(x, {k, seed, initial, starts, iterations})") { call in
      let x = try call.features(1)
      var generator = try call.generator()
      let (starts, iterations): (Int, Int) = (try call["starts"] ?? 10, try call["iterations"] ?? 300)
      for (name, value) in [("starts", starts), ("iterations", iterations)]
      where !(1...100_000).contains(value) {
        throw call.options.complaint(name, "integer from 1 to 100000 expected, got \(value)")
      }
      let found = try Clusters.kMeans(
        x, k: try call.groups(of: x.shape[0]), initial: call["initial"], starts: starts,
        iterations: iterations,
        generator: &generator)
      let count = found.centers.count / x.shape[1]
      return LuaFields([
        ("labels", found.labels.map { $0 + 1 }),
        ("centers", try Tensor(found.centers, shape: [count, x.shape[1]])), ("inertia", found.inertia),
        ("iterations", found.iterations),
      ])
    }
    try cluster.function("farthest(x, {k, start})") { call in
      let x = try call.features(1)
      let start: Int? = try call["start"]
      if let start, !(1...x.shape[0]).contains(start) {
        throw call.options.complaint("start", "integer from 1 to \(x.shape[0]) expected, got \(start)")
      }
      return try Clusters.farthest(x, k: call.groups(of: x.shape[0]), start: start.map { $0 - 1 }).map {
        $0 + 1
      }
    }
  }
}

extension LuaCall {
  fileprivate func groups(of count: Int) throws -> Int {
    guard let k: Int = try self["k"] else { throw options.complaint("k", "how many expected, got nil") }
    guard (1...max(1, count)).contains(k) else {
      throw options.complaint("k", "integer from 1 to \(count) expected, got \(k)")
    }
    return k
  }
}
