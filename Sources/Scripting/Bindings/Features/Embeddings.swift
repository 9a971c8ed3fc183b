import Imaging
import Lua
import Tensor

extension Bindings {
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
}
