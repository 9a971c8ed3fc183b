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
}

extension LuaCall {
  /// A matrix {n, d}, or a list of vectors of one width.
  func features(_ position: Int) throws -> Tensor {
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
}
