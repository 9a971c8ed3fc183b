import Imaging
import Lua
import Tensor

/// Numbers of sets of pictures, from features of any network: matrices {n, d}, one row a picture.
extension Bindings {
  /// How far two sets are apart, and how different the pictures of one are.
  static func addFeatureMetrics(to metrics: LuaModule) throws {
    try metrics.function("frechet(a, b)") { call in
      try FeatureDistances.frechet(call.features(1), call.features(2))
    }
    try metrics.function("kid(a, b)") { call in try FeatureDistances.kid(call.features(1), call.features(2)) }
    try metrics.function("cmmd(a, b, {sigma, scale, unbiased})") { call in
      let (sigma, scale): (Double, Double) = (try call["sigma"] ?? 10, try call["scale"] ?? 1000)
      guard sigma > 0, sigma.isFinite else {
        throw call.options.complaint("sigma", "number above 0 expected, got \(sigma)")
      }
      return try FeatureDistances.cmmd(
        call.features(1), call.features(2), sigma: sigma, scale: scale, isUnbiased: call["unbiased"] ?? false)
    }
    try metrics.function("vendi(x)") { call in try FeatureDistances.vendi(call.features(1)) }
  }

  /// `lunette.cluster`: groups of points, and points that lie far apart.
  static func addCluster(to lunette: LuaModule) throws {
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

  /// `lunette.embed`: points in the plane.
  static func addEmbeddings(to lunette: LuaModule) throws {
    let embed = try lunette.module("embed")
    try embed.function("tsne(x, {perplexity, seed, iterations, rate})") { call in
      var generator = try call.generator()
      let iterations: Int = try call["iterations"] ?? 1000
      guard (0...100_000).contains(iterations) else {
        throw call.options.complaint("iterations", "integer from 0 to 100000 expected, got \(iterations)")
      }
      let rate: Double? = try call["rate"]
      guard rate ?? 1 > 0 else {
        throw call.options.complaint("rate", "number above 0 expected, got \(rate ?? 0)")
      }
      let found = try TSNE(
        call.features(1), perplexity: call["perplexity"] ?? 30, iterations: iterations, rate: rate,
        generator: &generator)
      return LuaMany(found.points, found.divergence)
    }
    try embed.function("trustworthiness(x, embedding, {k})") { call in
      try TSNE.trustworthiness(call.features(1), call.features(2), k: call["k"] ?? 5)
    }
  }

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

extension LuaCall {
  /// A matrix {n, d}, or a list of vectors of one width.
  fileprivate func features(_ position: Int) throws -> Tensor {
    guard slot(position).kind == .table else { return try tensor(position, rank: 2) }
    let rows: [Tensor] = try self[position]
    guard let first = rows.first, first.rank == 1 else {
      throw LuaArgumentError(position, "features {n, d}, or a list of vectors expected")
    }
    for (place, row) in rows.enumerated() where row.shape != first.shape {
      throw LuaArgumentError(
        position,
        "vectors \(Shape.text(first.shape)) expected, got \(Shape.text(row.shape)) at [\(place + 1)]")
    }
    return try Tensor.stacked(rows.map(\.detached), dim: 0)
  }

  fileprivate func groups(of count: Int) throws -> Int {
    guard let k: Int = try self["k"] else { throw options.complaint("k", "how many expected, got nil") }
    guard (1...max(1, count)).contains(k) else {
      throw options.complaint("k", "integer from 1 to \(count) expected, got \(k)")
    }
    return k
  }
}
